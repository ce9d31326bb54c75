"""What the acceptance of one file does to others: nobody's budget stops counting without being told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from saldo.warehouse.connection import Connection


class Standing(NamedTuple):
    """A file, and how many of its rows count."""

    name: str
    rows: int


@dataclass(frozen=True)
class Effects:
    """rows: how many of the file's own count now; None of kinds whose files do not replace each other. lost, back: file_id ->
    how many rows of another count no more, or again."""

    rows: int | None = None
    lost: Mapping[int, Standing] = field(default_factory=dict)
    back: Mapping[int, Standing] = field(default_factory=dict)

    def sentences(self, rows: int | None = None) -> list[str]:
        """For people, without a full stop. rows: how many the file has; None for one that counts no more itself."""
        said = [
            f"{one.rows:,} rows of {one.name} count no more: this file is newer, and says something of the same months and departments"
            for one in self.lost.values()
        ]
        said += [f"{one.rows:,} rows of {one.name} count again" for one in self.back.values()]
        if rows is not None and self.rows is not None and self.rows < rows:
            said.append(
                f"{rows - self.rows:,} of its {rows:,} rows do not count: a newer file says something of the same months and "
                "departments"
            )
        return said


def effects_between(
    file_id: int, before: Mapping[int, Standing], now: Mapping[int, Standing]
) -> Effects:
    """From what counted to what counts."""
    names = {id: one.name for id, one in {**before, **now}.items() if id != file_id}
    none = Standing("", 0)
    changes = {id: now.get(id, none).rows - before.get(id, none).rows for id in names}
    return Effects(
        now.get(file_id, none).rows if before or now else None,
        {id: Standing(names[id], -rows) for id, rows in changes.items() if rows < 0},
        {id: Standing(names[id], rows) for id, rows in changes.items() if rows > 0},
    )


def standing(connection: Connection, file_id: int, versions: list[int]) -> dict[int, Standing]:
    """file_id -> what of budgets counts, in the agreements and scenarios that these versions of a file say something about."""
    rows = connection.execute(
        "select b.file_id, min(b.source_file), count(*) from core.budget as b "
        "inner join (select s.agreement_id, s.scenario from staging.file_budget as s "
        "where s.file_id = %s and s.version = any(%s) group by 1, 2) as t "
        "on t.agreement_id = b.agreement_id and t.scenario = b.scenario where not b.is_deleted group by b.file_id",
        [file_id, versions],
    )
    return {id: Standing(name, count) for id, name, count in rows}


def note_standing(connection: Connection, file_ids: Collection[int]) -> None:
    """Write into ops.file how much of these files does not count, by what core.budget has of them; nothing where all of it does."""
    connection.execute(
        "update ops.file as f set note = case when c.rows < f.rows then format('%%s of its %%s rows do not count: a newer file "
        "says something of the same months and departments', f.rows - c.rows, f.rows) end "
        "from (select i.id, (select count(*) from core.budget as b where b.file_id = i.id and not b.is_deleted "
        "and b.agreement_id in (select s.agreement_id from staging.file_budget as s where s.file_id = i.id)) as rows "
        "from unnest(%s::bigint[]) as i (id)) as c where f.file_id = c.id and f.is_in_force",
        [list(file_ids)],
    )
