"""Records that core cannot hold are set aside by name (ops.set_aside), and all others go on: core keeps the state of
such a record that it held last, if it held one, in all of its tables: a document is never half new.

A value too large for its column, or none where one must be, would otherwise stop every record of its entity. What is
set aside is tried again when the vendor changes it, and in every full run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import psycopg
from psycopg import errors, sql

from saldo.warehouse.connection import Connection

#: What Postgres says of a value, of one that is missing, of a key too long for an index, and of one nested too deep.
UNSTORABLE = (
    psycopg.DataError,
    psycopg.IntegrityError,
    errors.ProgramLimitExceeded,
    errors.StatementTooComplex,
)
#: Two records of one key: neither of them is the wrong one.
TWICE = (errors.UniqueViolation, errors.CardinalityViolation)
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Aside:
    """A record that is set aside. field: as the vendor writes it, or the column where that is not known; several with
    commas, as their values."""

    source_key: str
    field: str
    value: str
    reason: str

    def __str__(self) -> str:
        shown = (
            self.value if len(self.value) <= _LONGEST_SHOWN else f"{self.value[:_LONGEST_SHOWN]}…"
        )
        return f"{self.source_key}: {self.field} {shown!r} {self.reason}"

    @classmethod
    def of_all(cls, found: Sequence[Self]) -> Self:
        """What several tables cannot hold of one record."""
        reasons = dict.fromkeys(one.reason for one in found)
        field, value = (
            ", ".join(getattr(one, name) for one in found) for name in ("field", "value")
        )
        return cls(found[0].source_key, field, value, ", ".join(reasons))


def note(
    connection: Connection, parameters: Mapping[str, Any], entity: str, aside: Sequence[Aside]
) -> None:
    """Write what is set aside now; drop what was tried again and is not."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.set_aside as a (agreement_id, entity, source_key, field, value, reason, first_seen_at, "
            "change_seq) values (%s, %s, %s, %s, %s, %s, clock_timestamp(), %s) "
            "on conflict (agreement_id, entity, source_key) do update set field = excluded.field, "
            "value = excluded.value, reason = excluded.reason, change_seq = excluded.change_seq, told_at = case "
            "when (a.field, a.value, a.reason) = (excluded.field, excluded.value, excluded.reason) then a.told_at end",
            [
                (parameters["agreement_id"], entity, one.source_key, one.field, one.value[:1000], one.reason,
                 parameters["change_seq"])
                for one in aside
            ],
        )  # fmt: skip


def forget(
    connection: Connection, staging: sql.Identifier, parameters: Mapping[str, Any], entity: str
) -> None:
    """Forget what was tried again in this write, and is not set aside by it."""
    connection.execute(
        sql.SQL(
            "delete from ops.set_aside as a using {} as s where a.agreement_id = %(agreement_id)s "
            "and a.entity = %(entity)s and a.change_seq < %(change_seq)s and s.agreement_id = a.agreement_id "
            "and s.source_key = a.source_key and (s.change_seq > %(since)s or s.repair_seq > %(since)s)"
        ).format(staging),
        {**parameters, "entity": entity},
    )


def entities(connection: Connection, agreement_id: str) -> frozenset[str]:
    """Of what something is set aside: entities, and tables of the mart."""
    rows = connection.execute(
        "select distinct entity from ops.set_aside where agreement_id = %s", [agreement_id]
    ).fetchall()
    return frozenset(entity for (entity,) in rows)


def count(connection: Connection, agreement_id: str) -> int:
    """How much is set aside of an agreement."""
    [(found,)] = connection.execute(
        "select count(*) from ops.set_aside where agreement_id = %s", [agreement_id]
    ).fetchall()
    return int(found)


def of_entity(connection: Connection, agreement_id: str, entity: str) -> list[Aside]:
    """What is set aside of an entity now, by key."""
    rows = connection.execute(
        "select source_key, field, value, reason from ops.set_aside where agreement_id = %s and entity = %s "
        "order by source_key",
        [agreement_id, entity],
    ).fetchall()
    return [Aside(*row) for row in rows]
