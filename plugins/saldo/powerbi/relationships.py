"""The star: every fact points to its dimensions by one whole number each, and filters flow from those to it only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .columns import Loaded
from .names import quoted, tag
from .tables import KEYS, UNRELATED
from .tmdl import declared


@dataclass(frozen=True)
class Relationship:
    """Many rows of `fact` point to one of `dimension`. Inactive ones are for measures that ask for them (USERELATIONSHIP)."""

    fact: str
    column: str
    dimension: str
    key: str
    is_active: bool

    @property
    def text(self) -> str:
        """As TMDL has it."""
        return declared(
            f"relationship {tag('relationship', self.fact, self.column)}",
            [
                ("isActive", "" if self.is_active else "false"),
                ("fromColumn", f"{quoted(self.fact)}.{quoted(self.column)}"),
                ("toColumn", f"{quoted(self.dimension)}.{quoted(self.key)}"),
            ],
        )


def relationships(tables: Sequence[Loaded]) -> tuple[Relationship, ...]:
    """Those of all facts, in the order of the tables and their columns."""
    by_source = {loaded.table.source: loaded for loaded in tables}
    return tuple(
        Relationship(
            loaded.table.name,
            column,
            by_source[dimension].table.name,
            by_source[dimension].named(key),
            is_active,
        )
        for loaded in tables
        if loaded.table.is_fact and loaded.table.source not in UNRELATED
        for column, dimension, key, is_active in _keys(loaded)
    )


def _keys(of: Loaded) -> Iterator[tuple[str, str, str, bool]]:
    """(column of the fact, dimension, its key's column, whether it is active)."""
    roles = {column.source for column in of.columns if not column.from_warehouse} - {"date_key"}
    for column in of.columns:
        if column.source in KEYS:
            dimension, is_active = KEYS[column.source]
            key = f"{dimension.removeprefix('dim_')}_key"
            yield column.name, dimension, key, is_active
        elif column.source in roles and column.source.endswith("_key"):
            yield column.name, "dim_date", "date_key", False


def text(found: Iterable[Relationship]) -> str:
    """relationships.tmdl."""
    return "\n\n".join(one.text for one in found) + "\n"
