"""What can be asked of one agreement's rows of one staging table; nothing here writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from . import watermark
from .entity import Entity
from .staging_sql import LINKED, OPEN_OTHERWISE, UNSEEN
from .warehouse import Connection


@dataclass(frozen=True)
class Tombstones:
    """What a complete read did not hold any more."""

    missing: int
    live: int
    examples: tuple[str, ...]


class StagedRows:
    """Rows of (vendor, entity, agreement), and the list of what a read has seen of them."""

    def __init__(
        self,
        connection: Connection,
        vendor: str,
        entity: Entity,
        agreement_id: str,
        run_id: str,
        *,
        is_thorough: bool = False,
    ) -> None:
        """is_thorough: payloads that were damaged under an intact hash are replaced, too."""
        self._connection = connection
        self._vendor, self._entity = vendor, entity
        self._agreement_id, self._run_id = agreement_id, run_id
        self._is_thorough = is_thorough
        self._table = sql.Identifier("staging", f"{vendor}_{entity.name}")
        self._name = f"staging.{vendor}_{entity.name}"
        self._is_composite = len(entity.key_parts) > 1
        #: What records are looked up by: their key, or its first part where it has several.
        self._number = "split_part(s.source_key, '|', 1)" if self._is_composite else "s.source_key"

    def is_empty(self) -> bool:
        return not self._one(
            "select exists (select from {t} where agreement_id = %s)", [self._agreement_id]
        )

    def live(self, link: str | None = None) -> int:
        """Rows that are not tombstoned; only those whose own link holds `link`, when given."""
        row = self._run(
            "select count(*) from {t} as s where s.agreement_id = %(agreement_id)s "
            f"and s.deleted_at is null and {LINKED}",
            parameters={**self._who(), "link": link},
        ).fetchone()
        return int(row[0]) if row else 0

    def highest(self) -> int:
        """The highest number there is a row of."""
        return self._one(
            f"select max({self._number}::bigint) from {{t}} as s where s.agreement_id = %s",
            [self._agreement_id],
        )

    def reached(self, other: str) -> int:
        """The last change of an entity of the same agreement."""
        return watermark.progress(self._connection, self._agreement_id, "staging").get(other, 0)

    # --- what a read has seen --------------------------------------------------------------------

    def seen(self) -> int:
        """How many different keys the read has seen."""
        return self._one(
            "select count(*) from staging.seen where agreement_id = %s and entity = %s",
            [self._agreement_id, self._entity.name],
        )

    def unseen_open(self) -> list[str]:
        """Keys of rows that could still settle and that the read has not seen."""
        return self._keys(
            "(s.payload ->> {field})::numeric <> 0", {}, field=sql.Literal(self._entity.settles)
        )

    def unseen_among(self, numbers: Sequence[str]) -> list[str]:
        """Those of the numbers that have a row which the read has not seen."""
        return self._keys(self._among(numbers), {"keys": list(numbers)})

    def seen_among(self, numbers: Sequence[str]) -> int:
        """How many records with these numbers the read has seen."""
        row = self._run(
            f"select count(*) from staging.seen as s where s.agreement_id = %(agreement_id)s "
            f"and s.entity = %(entity)s and {self._among(numbers)}",
            parameters={**self._who(), "keys": list(numbers)},
        ).fetchone()
        return int(row[0]) if row else 0

    def unseen_between(self, after: int, upto: int, link: str | None = None) -> list[str]:
        """Numbers of rows with after < number <= upto that the read has not seen."""
        return self._keys(
            f"{self._number}::bigint > %(after)s and {self._number}::bigint <= %(upto)s and {LINKED}",
            {"after": after, "upto": upto, "link": link},
        )

    def unseen_outside(self, link: str) -> list[str]:
        """Numbers of rows whose own link does not hold `link` and that the read has not seen."""
        return self._keys(f"not {LINKED}", {"link": link})

    def unseen_parts(self, field: str, keys: Sequence[str]) -> list[str]:
        """Numbers of rows whose `field` is one of the keys and that the read has not seen."""
        return self._keys(
            "s.payload ->> {field} = any(%(of)s)", {"of": list(keys)}, field=sql.Literal(field)
        )

    def counts_by(self, width: int, link: str | None = None) -> dict[int, int]:
        """How many live rows have their number in (part * width, (part + 1) * width], by part."""
        rows = self._run(
            f"select ({self._number}::bigint - 1) / %(width)s as part, count(*) from {{t}} as s "
            f"where s.agreement_id = %(agreement_id)s and s.deleted_at is null and {LINKED} "
            "group by part",
            parameters={**self._who(), "width": width, "link": link},
        )
        return dict(rows.fetchall())

    def changed_in(self, other: str, *, since: int) -> tuple[list[str], int]:
        """(keys of rows of the entity `other` that changed or went after `since`, its last change)"""
        if not self._is_table(other):
            return [], since
        reached = self.reached(other)
        rows = self._run(
            "select o.source_key from {other} as o where o.agreement_id = %(agreement_id)s "
            "and o.change_seq > %(since)s order by 1",
            parameters={**self._who(), "since": since},
            other=sql.Identifier("staging", f"{self._vendor}_{other}"),
        )
        return [row[0] for row in rows], reached

    def open_otherwise(self, other: str) -> list[str]:
        """Keys of rows that could still settle and are not in `other`, and of those of which it says
        something else."""
        field = sql.Literal(self._entity.settles)
        if not self._is_table(other):
            return self.unseen_open()
        rows = self._run(
            OPEN_OTHERWISE,
            parameters=self._who(),
            field=field,
            other=sql.Identifier("staging", f"{self._vendor}_{other}"),
        )
        return [row[0] for row in rows]

    def naming_vanished(self, field: str, other: str, *, since: int) -> tuple[list[str], int]:
        """(numbers of rows whose `field` names a member of the entity `other` that was tombstoned after
        change `since`, the entity's last change).

        since 0: the entity had not landed when these rows were first read. They may name members that vanished
        before it did: then every member that is not there counts.
        """
        reached = self.reached(other) if self._is_table(other) else 0
        if reached <= since:
            return [], since
        table = sql.Identifier("staging", f"{self._vendor}_{other}")
        members = "select o.source_key from {other} as o where o.agreement_id = %(agreement_id)s"
        gone = f"{members} and o.change_seq > %(since)s and o.deleted_at is not null"
        who: dict[str, object] = {**self._who(), "since": since}
        if since and not self._run(f"{gone} limit 1", parameters=who, other=table).fetchone():
            return [], reached  # rows are many, and rarely has anybody vanished
        there = f"{members} and o.deleted_at is null"
        keys = self._keys(
            "s.payload #>> {field} " + (f"in ({gone})" if since else f"not in ({there})"),
            {"since": since},
            field=sql.Literal(field.split(".")),
            other=table,
        )
        return keys, reached

    def unseen_in_window(self, start: date, end: date) -> list[str]:
        """Keys of rows dated start..end that the read has not seen."""
        return self._keys(
            "left(s.payload ->> {field}, 10) between %(start)s and %(end)s",
            {"start": start.isoformat(), "end": end.isoformat()},
            field=sql.Literal(self._entity.window),
        )

    def _keys(
        self, condition: str, parameters: Mapping[str, object], **names: sql.Composable
    ) -> list[str]:
        rows = self._run(
            f"select distinct {self._number} from {{t}} as s where s.agreement_id = %(agreement_id)s "
            f"and s.deleted_at is null and {condition} and {UNSEEN} order by 1",
            parameters={**self._who(), **parameters},
            **names,
        )
        return [row[0] for row in rows]

    def missing(self, keys: Sequence[str] | None = None) -> Tombstones:
        """Live rows the read has not seen (with these numbers only, when given), beside all live rows."""
        row = self._run(
            "select count(*), (array_agg(s.source_key order by s.source_key))[:5] from {t} as s "
            "where s.agreement_id = %(agreement_id)s and s.deleted_at is null "
            f"and {self._among(keys)} "
            f"and {UNSEEN}",
            parameters={**self._who(), "keys": None if keys is None else list(keys)},
        ).fetchone()
        gone, examples = row or (0, None)
        return Tombstones(gone, self.live() if gone else 0, tuple(examples or ()))

    def _among(self, keys: Sequence[str] | None) -> str:
        return "true" if keys is None else f"{self._number} = any(%(keys)s::text[])"

    # --- plumbing --------------------------------------------------------------------------------

    def _is_table(self, other: str) -> bool:
        row = self._connection.execute(
            "select to_regclass(%s) is not null", [f"staging.{self._vendor}_{other}"]
        ).fetchone()
        return bool(row and row[0])

    def _who(self) -> dict[str, object]:
        return {
            "agreement_id": self._agreement_id,
            "vendor": self._vendor,
            "entity": self._entity.name,
            "run_id": self._run_id,
        }

    def _one(self, statement: str, parameters: list[object]) -> int:
        row = self._connection.execute(self._text(statement), parameters).fetchone()
        return int(row[0]) if row else 0

    def _run(
        self,
        statement: str,
        *,
        parameters: dict[str, object] | None = None,
        **names: sql.Composable,
    ) -> psycopg.Cursor[tuple[Any, ...]]:
        return self._connection.execute(self._text(statement, **names), parameters)

    def _text(self, statement: str, **names: sql.Composable) -> sql.Composed:
        """{t} is the staging table; all texts are constants of this module."""
        return sql.SQL(statement).format(t=self._table, **names)
