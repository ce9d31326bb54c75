"""What the acceptance of one file does to others: nobody's budget stops counting without being told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from saldo.warehouse.connection import Connection


class Standing(NamedTuple):
    """A file, and how many of its rows count."""

    name: str
    rows: int


@dataclass(frozen=True)
class Effects:
    """rows: how many of the file's own count now; None of kinds whose files do not replace each other. lost, back: file_id -> how many rows of another count no more, or again."""

    rows: int | None = None
    lost: Mapping[int, Standing] = field(default_factory=dict)
    back: Mapping[int, Standing] = field(default_factory=dict)

    def sentences(self, rows: int | None) -> list[str]:
        """For people. rows: how many the file has; None for one that is gone."""
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


def compared(file_id: int, before: Mapping[int, Standing], now: Mapping[int, Standing]) -> Effects:
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
