"""Rows that were written through the API or by somebody at work, beside those of the books: dicts, as they are shown.

The books are worked out anew whenever they are asked for; what is written is kept with the company until it begins anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from .entity import WIDE_SPAN, Entity, clock

#: Root field -> where ids of its written rows begin, behind those of the books: of an entity's span and its length.
_FIRST = {
    "glImportItems": (WIDE_SPAN, 0),
    "glImportItemErrors": (WIDE_SPAN, 0),
    "transactions": (WIDE_SPAN, 90_000_000),
    "apTransactions": (140_000, 100_000),
}
#: Behind the headers of the books; they need not differ between entities.
_FIRST_HEADER = 2_130_000_000


class Written(dict[str, Any]):
    """A row; what it does not hold is null. What begins with _ is not shown."""

    def __missing__(self, key: str) -> None:
        return None


@dataclass
class Settings:
    """How imports behave where nobody knows how Xledger does it.

    runs_after_reads: of staged items, until the import job runs; runs_after_s: the same in seconds. None: only by hand.
    processed: whether items that were booked are still listed, as they were or as archived. refuses: of a mutation with a
    bad input all of it, or only the bad ones. errors: whether all of them are told, or the first. tells: how one says which
    input it is about. vat: whether what is booked of a line is without its tax, which has a line of its own.
    references: whether booked lines of the general ledger keep the extIdentifier of the staged ones.
    """

    runs_after_reads: int | None = None
    runs_after_s: float | None = None
    processed: Literal["gone", "listed", "archived"] = "gone"
    refuses: Literal["all", "some"] = "all"
    errors: Literal["all", "first"] = "all"
    tells: Literal["path", "client_id", "text", "words", "nothing"] = "path"
    vat: Literal["apart", "within"] = "apart"
    references: Literal["kept", "lost"] = "kept"


@dataclass
class Kept:
    """What is kept of an entity. changed: fields of rows of the books, by root field and dbId. reads: of staged items since the
    last were added; at: when that was."""

    settings: Settings = field(default_factory=Settings)
    rows: dict[str, dict[int, Written]] = field(default_factory=lambda: defaultdict(dict))
    changed: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    log: list[tuple[str, int, int, str]] = field(default_factory=list)
    reads: int = 0
    at: float = 0.0
    _serial: int = 0
    _headers: int = 0

    def __setstate__(self, kept: dict[str, Any]) -> None:
        # The clock of another process is another one.
        self.__dict__.update(kept, at=0.0)

    def moment(self, entity: Entity) -> str:
        """Later than all before, on the entity's day."""
        self._serial += 1
        return clock(entity.day, self._serial)

    def add(self, entity: Entity, root: str, values: dict[str, Any]) -> Written:
        """A new row, with a dbId of its own."""
        self._serial += 1
        span, first = _FIRST[root]
        db_id = entity.db_id * span + first + self._serial
        row = Written({"dbId": db_id, **entity.fields(), **values})
        self.rows[root][db_id] = row
        self._tell(entity, root, db_id, "ADDED")
        return row

    def change(self, entity: Entity, root: str, row: Written, **values: Any) -> None:
        row.update(values)
        self._tell(entity, root, row["dbId"], "UPDATED")

    def remove(self, entity: Entity, root: str, row: Written) -> None:
        del self.rows[root][row["dbId"]]
        self._tell(entity, root, row["dbId"], "DELETED")

    def header_id(self) -> int:
        self._headers += 1
        return _FIRST_HEADER + self._headers

    def _tell(self, entity: Entity, root: str, db_id: int, mutation: str) -> None:
        self.log.append((root, max(1, entity.day), db_id, mutation))

    def changes(self, root: str, day: int) -> list[tuple[int, str]]:
        """What was done on a day: dbId and what happened to it, in its order."""
        return [(id, how) for name, on, id, how in self.log if (name, on) == (root, day)]

    # --- as they are shown -----------------------------------------------------------------------

    def between(
        self, root: str, after: int, before: int, ids: set[int] | None = None
    ) -> list[Written]:
        """Rows between two dbIds, the least first; of those of a set, if there is one."""
        found = self.rows.get(root, {})
        chosen = found if ids is None else ids & found.keys()
        return [found[id] for id in sorted(chosen) if after < id < before]

    def shown(self, root: str, rows: Iterator[Any]) -> Iterator[Any]:
        """Rows of the books, as somebody has changed them."""
        if not any(name == root for name, _ in self.changed):
            return rows
        return (self.as_changed(root, row) for row in rows)

    def as_changed(self, root: str, row: Any) -> Any:
        more = self.changed.get((root, row["dbId"])) if isinstance(row, dict) else None
        return {**row, **more} if more else row
