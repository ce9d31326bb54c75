"""What a root field shows: the rows of an entity, in order of their ids."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from .entity import Entity
from .rendering import Getter

Row = Any


class Table(Protocol):
    """getters: how the fields of a node are read from a row, where it is no dict. filters: the same for
    what rows can be filtered by and do not show under that name."""

    @property
    def getters(self) -> dict[str, Getter]: ...

    @property
    def filters(self) -> dict[str, Getter]: ...

    @property
    def shared(self) -> Callable[[Row], bool] | None:
        """Which rows entities below show as well; None: none."""

    def forwards(self, entity: Entity, after: int) -> Iterator[Row]:
        """Rows with a greater dbId, the least first."""

    def backwards(self, entity: Entity, before: int) -> Iterator[Row]:
        """Rows with a lesser dbId, the greatest first."""

    def row(self, entity: Entity, db_id: int) -> Row | None: ...


@dataclass(frozen=True, eq=False)
class Listed:
    """A small list: dicts, made whole."""

    make: Callable[[Entity], list[dict[str, Any]]]
    shared: Callable[[Row], bool] | None = None
    getters: dict[str, Getter] = field(default_factory=dict)
    filters: dict[str, Getter] = field(default_factory=dict)

    def forwards(self, entity: Entity, after: int) -> Iterator[Row]:
        ids, rows = self._found(entity)
        yield from rows[bisect_right(ids, after) :]

    def backwards(self, entity: Entity, before: int) -> Iterator[Row]:
        ids, rows = self._found(entity)
        yield from reversed(rows[: bisect_left(ids, before)])

    def row(self, entity: Entity, db_id: int) -> Row | None:
        ids, rows = self._found(entity)
        place = bisect_left(ids, db_id)
        return rows[place] if place < len(ids) and ids[place] == db_id else None

    def _found(self, entity: Entity) -> tuple[list[int], list[dict[str, Any]]]:
        found: tuple[list[int], list[dict[str, Any]]] = entity.of(self._sorted)
        return found

    def _sorted(self, entity: Entity) -> tuple[list[int], list[dict[str, Any]]]:
        rows = sorted(self.make(entity), key=lambda row: row["dbId"])
        return [row["dbId"] for row in rows], rows
