"""What is wrong with a file, cell by cell, in sentences for whoever owns it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from saldo.errors import DataRejected

#: How many are listed; the rest are counted.
LISTED = 1000


@dataclass(frozen=True)
class Problem:
    """One thing that keeps a file from being read.

    sheet: its name, empty for CSV and for the file as a whole; cell: `D7`, or `line 17, column 3`, or empty.
    found, expected and remedy are clauses without a full stop.
    """

    sheet: str
    cell: str
    found: str
    expected: str
    remedy: str

    def __str__(self) -> str:
        place = f"sheet {self.sheet!r}, " if self.sheet else ""
        place += f"cell {self.cell}" if self.sheet and self.cell else self.cell
        place = place.removesuffix(", ")
        lead = f"{place}: found " if place else "Found "
        return f"{lead[0].upper()}{lead[1:]}{self.found}; expected {self.expected}. {self.remedy}."


class Rejected(DataRejected):
    """A file that is not read, with everything that is wrong with it; `problems` has at least one."""

    def __init__(self, problems: list[Problem], *, more: int = 0) -> None:
        self.problems = problems
        self.more = more
        lines = [str(problem) for problem in problems]
        if more:
            lines.append(f"And {more} more like these.")
        super().__init__("\n".join(lines))

    @property
    def family(self) -> str:
        """The family of errors it belongs to."""
        return "DataRejected"


class Problems:
    """Collects problems; memory is bounded whatever the file."""

    def __init__(self) -> None:
        self._listed: dict[Problem, None] = {}
        self._more = 0

    def add(self, problem: Problem) -> None:
        """One more, unless it is there; beyond `LISTED` it is only counted."""
        if len(self._listed) < LISTED:
            self._listed[problem] = None
        elif problem not in self._listed:
            self._more += 1

    def add_all(self, error: Rejected) -> None:
        """Everything that an error says."""
        for problem in error.problems:
            self.add(problem)
        self._more += error.more

    def __bool__(self) -> bool:
        return bool(self._listed)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._listed)

    def reject(self) -> None:
        """Raises Rejected if there are any."""
        if self._listed:
            raise Rejected([*self._listed], more=self._more)


def rejected(
    found: str, expected: str, remedy: str, *, sheet: str = "", cell: str = ""
) -> Rejected:
    """An error of a single problem."""
    return Rejected([Problem(sheet, cell, found, expected, remedy)])
