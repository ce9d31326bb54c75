"""How many records of each entity staging holds, and when one last changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from ..shell.reading import Reading

#: Up to so many are counted; beyond, the planner's own estimate is as good, and costs nothing.
COUNTED = 10_000

_ONE = sql.SQL("""select
    {entity} as entity,
    (select count(*) from (
        select from {table} as s where s.agreement_id = %(agreement_id)s and s.deleted_at is null limit {most}
    ) as counted) as rows,
    (
        select s.landed_at from {table} as s where s.agreement_id = %(agreement_id)s order by s.change_seq desc limit 1
    ) as changed_at""")
_ESTIMATE = sql.SQL(
    "explain (format json) select from {table} as s where s.agreement_id = {id} and s.deleted_at is null"
)


@dataclass(frozen=True)
class Staged:
    """is_about: rows is an estimate."""

    rows: int
    is_about: bool
    changed_at: datetime | None


def staged(
    books: Reading, agreement_id: str, vendor: str, entities: Sequence[str]
) -> dict[str, Staged]:
    """Entity -> what is there; without those that never landed."""
    tables = {entity: sql.Identifier("staging", f"{vendor}_{entity}") for entity in _there(books, vendor, entities)}  # fmt: skip
    if not tables:
        return {}
    query = sql.SQL("\nunion all\n").join(
        _ONE.format(entity=sql.Literal(entity), table=table, most=sql.Literal(COUNTED + 1))
        for entity, table in tables.items()
    )
    rows = books.connection.execute(query, {"agreement_id": agreement_id}).fetchall()
    return {
        entity: Staged(
            max(COUNTED, _estimate(books, agreement_id, tables[entity])) if count > COUNTED else count,
            count > COUNTED,
            changed_at,
        )
        for entity, count, changed_at in rows
    }  # fmt: skip


def _there(books: Reading, vendor: str, entities: Sequence[str]) -> list[str]:
    rows = books.connection.execute(
        "select u.entity from unnest(%s::text[]) as u (entity) "
        "where to_regclass(format('staging.%%I', %s || '_' || u.entity)) is not null",
        [list(entities), vendor],
    ).fetchall()
    return [entity for (entity,) in rows]


def _estimate(books: Reading, agreement_id: str, table: sql.Identifier) -> int:
    """Rounded to two digits: more of them would be made up."""
    query = _ESTIMATE.format(table=table, id=sql.Literal(agreement_id))
    row = books.connection.execute(query).fetchone()
    rows = int(row[0][0]["Plan"]["Plan Rows"]) if row else 0
    digits = len(str(rows)) - 2
    return round(rows, -digits) if digits > 0 else rows
