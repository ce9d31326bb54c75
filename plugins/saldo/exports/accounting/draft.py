"""An expense on its way to a document: what both targets need, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .configuration import AccountingExport
from .expense import Expense, ExpenseLine
from .keys import key_of, reference_of
from .problems import Problem


@dataclass(frozen=True)
class Lengths:
    """The longest texts and numbers (of accounts, vendors, dimensions) that a target takes."""

    text: int
    number: int


@dataclass(frozen=True)
class DraftLine:
    """A line with what the mapping says of it. text: as it fits; full_text: before it was cut."""

    source: ExpenseLine
    at: int
    account: str
    amount: Decimal
    vat_code: str | None
    vat_amount: Decimal
    text: str
    full_text: str
    dimensions: dict[str, str]


@dataclass
class Draft:
    """A whole one; `problems` and `notes` are added to while it is made."""

    expense: Expense
    configuration: AccountingExport
    lengths: Lengths
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lines: list[DraftLine] = field(default_factory=list)
    text: str = ""
    owed_to: str = ""
    posting_date: date = date.min

    @property
    def revision(self) -> int:
        return self.expense.revision or 1

    @property
    def key(self) -> str:
        return key_of(self.expense.organisation, self.expense.id, self.revision)

    @property
    def reference(self) -> str:
        return reference_of(self.expense.organisation, self.expense.id, self.revision)

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    def note(self, path: str, found: str, expected: str, remedy: str) -> None:
        """A problem."""
        self.problems.append(Problem(path, found, expected, remedy))

    @property
    def file(self) -> str:
        """The file in which mappings are mended."""
        return f"{self.configuration.organisation}.yaml"
