"""Problems of an expense, collected: what is wrong is said all at once, each with its place and its remedy."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from saldo.errors import DataRejected

#: How many problems a message lists, and how much of a value it shows.
_LISTED = 20
_SHOWN = 80


class Problem(msgspec.Struct, frozen=True):
    """path: the place in the expense (`lines[2].amount`; empty for the whole). found and expected: in words."""

    path: str
    found: str
    expected: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.found}; expected: {self.expected}. Remedy: {self.remedy}"


class ExpenseProblems(DataRejected):
    """Base of those that carry problems; `problems` are all of them, the message lists the first."""

    def __init__(self, what: str, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        more = len(self.problems) - _LISTED
        lines = [str(problem) for problem in self.problems[:_LISTED]]
        lines += [f"and {more} more"] if more > 0 else []
        super().__init__(f"{what}: " + "\n".join(lines))

    @property
    def family(self) -> str:
        """That of data which must not pass without a person's word."""
        return "DataRejected"


class InvalidExpense(ExpenseProblems):
    """What came in is no expense."""


def shown(value: object) -> str:
    """A value as a problem shows it, cut: it may be a whole file."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = repr(value[: _SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
