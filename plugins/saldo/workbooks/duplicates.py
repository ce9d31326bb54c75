"""Finds keys that occur twice, in a few bytes per key: hashes of 64 bits, sorted at the end.

Two different keys of a million share a hash once in ten million files; such a file is refused, never read wrongly.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterator, Sequence

import numpy as np

from saldo.workbooks.header import Table
from saldo.workbooks.problems import Problem


class Duplicates:
    """Keys with the table and the line they stand in."""

    def __init__(self) -> None:
        self._hashes = array("q")
        self._lines = array("I")
        self._tables = array("B")

    def add(self, key: Hashable, table: int, line: int) -> None:
        """One more key."""
        self._hashes.append(hash(key))
        self._lines.append(line)
        self._tables.append(table)

    def found(self) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """Pairs of (table, line): one that has the key first, one that has it again."""
        if len(self._hashes) < 2:
            return
        hashes = np.frombuffer(self._hashes, dtype=np.int64)
        order = np.argsort(hashes, kind="stable")
        same = np.flatnonzero(hashes[order[1:]] == hashes[order[:-1]])
        first = -1
        for at in same:
            if first < 0 or hashes[order[at]] != hashes[order[first]]:
                first = int(at)
            earlier, later = int(order[first]), int(order[at + 1])
            yield (
                (self._tables[earlier], self._lines[earlier]),
                (self._tables[later], self._lines[later]),
            )


def duplicate_problems(tables: Sequence[Table], duplicates: Duplicates) -> Iterator[Problem]:
    """Lines that have the account, department and month of another."""
    for (first_table, first_line), (table, line) in duplicates.found():
        sheet, column = tables[table].sheet, tables[table].columns["account"]
        first = tables[first_table].sheet
        where = first.place(first_line, tables[first_table].columns["account"])
        if first.name and first is not sheet:
            where = f"sheet {first.name!r}, {where}"
        yield Problem(
            sheet.name, sheet.place(line, column),
            f"the same account, department and month as in {where}",
            "each of them once", "Add the two up, or delete the one that is too many",
        )  # fmt: skip
