"""What a vendor says its own books come to: the words in which vendors tell and proof asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from .reading import Metered

#: Account number -> base currency, debit positive.
Totals = dict[str, Decimal]


@dataclass(frozen=True)
class BooksYear:
    """An accounting year as the vendor has it now; start and end are both included."""

    label: str
    start: date
    end: date
    is_closed: bool


@dataclass(frozen=True)
class Line:
    """What proof needs of one posted line; amount in base currency, debit positive."""

    number: int
    account: str
    date: date
    amount: Decimal


@dataclass(frozen=True)
class InvoiceTotals:
    """Booked invoices, credit notes among them, in base currency; remainder is gross."""

    net_amount: Decimal
    count: int
    remainder: Decimal


@dataclass(frozen=True)
class Invoice:
    """What proof needs of one booked invoice or credit note, in base currency; remainder is gross."""

    number: int
    date: date
    net_amount: Decimal
    remainder: Decimal


@dataclass(frozen=True)
class Balance:
    """What a customer owes, in base currency."""

    customer: str
    amount: Decimal


class Controls(Metered, Protocol):
    """A vendor's control totals of one agreement; every call asks the vendor afresh.

    All raise the errors of transport.get, and Unavailable for an answer that is not whole.
    """

    def check_identity(self, known: str | None) -> str:
        """See Source.check_identity."""

    def years(self) -> list[BooksYear]:
        """All accounting years, the oldest first."""

    def year_totals(self, year: str) -> Totals:
        """Per account what an accounting year comes to; accounts may be left out where that is 0."""

    def period_totals(self, year: str, period: str) -> Totals:
        """The same of one period, named as in core.period.source_key."""

    def entry_count(self, *, upto: int, days: tuple[date, date] | None = None) -> int:
        """How many posted lines there are with numbers up to `upto`, of those dated `days`."""

    def entries_beyond(self, number: int) -> Iterator[Line]:
        """Posted lines with higher numbers, streamed."""

    def invoices(self) -> InvoiceTotals:
        """What the booked invoices come to."""

    def invoices_beyond(self, number: int, *, upto: int | None = None) -> Iterator[Invoice]:
        """Booked invoices with higher numbers, streamed."""

    def customer_balances(self) -> Iterator[Balance]:
        """What every customer owes, streamed."""
