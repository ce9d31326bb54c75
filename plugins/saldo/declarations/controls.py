"""Control totals: what a vendor says its own books come to. Vendors offer them, and proof asks for
them.

A control is a small protocol. A vendor's controls offer those whose methods they have, and proof
compares what is offered. All of them raise the errors of transport.get, and Unavailable for an
answer that is not whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Protocol, runtime_checkable

from .source import RequestBudget

#: Account number -> base currency, debit positive.
Totals = dict[str, Decimal]
#: How far an entity was read: `marker` of its cursor in ops.watermark. Only the vendor's controls can
#: interpret it.
Marker = str | int


@dataclass(frozen=True)
class BooksYear:
    """An accounting year as the vendor has it now; start and end are both included."""

    label: str
    start: date
    end: date
    is_closed: bool


@dataclass(frozen=True)
class Line:
    """What proof needs of one posted line; amount in base currency, debit positive. marker: how far the ledger
    was read with this line."""

    marker: Marker
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
    """What proof needs of one booked invoice or credit note, in base currency; remainder is gross. marker: how
    far invoices were read with this one."""

    marker: Marker
    date: date
    net_amount: Decimal
    remainder: Decimal


@dataclass(frozen=True)
class Balance:
    """What a customer owes, in base currency."""

    customer: str
    amount: Decimal


class Controls(RequestBudget, Protocol):
    """A vendor's controls of one agreement; every call asks the vendor afresh. The client of a
    vendor that offers none has this much, too."""

    def check_identity(self, known: str | None) -> str:
        """See Source.check_identity."""


@runtime_checkable
class AccountTotals(Protocol):
    """What accounts come to, by accounting year and period."""

    def years(self) -> list[BooksYear]:
        """All accounting years, the oldest first."""

    def year_totals(self, year: str) -> Totals:
        """Per account what an accounting year comes to; accounts may be left out where that is 0."""

    def period_totals(self, year: str, period: str) -> Totals:
        """The same of one period, named as in core.period.source_key."""


@runtime_checkable
class EntryCounts(Protocol):
    """How many posted lines there are."""

    def entry_count(self, *, upto: Marker, days: tuple[date, date] | None = None) -> int:
        """Posted lines up to a marker, of those dated `days`."""


@runtime_checkable
class NewEntries(Protocol):
    """What was booked since the ledger was read. It is no comparison of its own: proof takes it out
    of the others. A vendor without it is assumed to book nothing between landing and proof."""

    def entries_beyond(self, marker: Marker) -> Iterator[Line]:
        """Posted lines beyond a marker, streamed; beyond the last one's marker are those that came since."""

    def is_still(self, marker: Marker) -> bool:
        """Whether the ledger is as it was at the marker, as far as the vendor tells: nothing was posted since, and where
        it tells changes, nothing was changed or deleted."""


class LandedBooks(Protocol):
    """What has landed of a ledger, for controls to compare with what the vendor has by now."""

    @property
    def marker(self) -> Marker:
        """How far it was read; 0 where it has no marker."""

    def differing(self, entity: str, listed: Iterable[Sequence[tuple[str, str]]]) -> int:
        """How many records an entity has, here or in the vendor's list of versions (key, version), that the other
        lacks or has in another version."""

    def live(self, entity: str, keys: Sequence[str]) -> int:
        """How many of these records have landed, and are not deleted."""


@runtime_checkable
class Moves(Protocol):
    """Whether the books have moved since they landed in a way that NewEntries does not tell, so that totals of today
    cannot be those of what has landed. It is asked where they differ, after them."""

    def moved_since(self, landed: LandedBooks) -> str:
        """What has moved, in words that end a sentence; empty where nothing has."""


@runtime_checkable
class BookedInvoices(Protocol):
    """What booked invoices come to, and each of them."""

    def invoices(self) -> InvoiceTotals:
        """What all of them come to."""

    def invoices_beyond(
        self, marker: Marker | None, *, upto: Marker | None = None
    ) -> Iterator[Invoice]:
        """Those beyond a marker (None: all), streamed as in NewEntries; up to another where one is given."""


@runtime_checkable
class CustomerBalances(Protocol):
    """What customers owe."""

    def customer_balances(self) -> Iterator[Balance]:
        """What every customer owes, streamed."""


@dataclass(frozen=True)
class Offer:
    """The controls a vendor offers; None for those it does not."""

    totals: AccountTotals | None
    counts: EntryCounts | None
    entries: NewEntries | None
    moves: Moves | None
    invoices: BookedInvoices | None
    customers: CustomerBalances | None

    @classmethod
    def of(cls, controls: Controls) -> Offer:
        """The controls whose methods the object has."""
        return cls(
            totals=controls if isinstance(controls, AccountTotals) else None,
            counts=controls if isinstance(controls, EntryCounts) else None,
            entries=controls if isinstance(controls, NewEntries) else None,
            moves=controls if isinstance(controls, Moves) else None,
            invoices=controls if isinstance(controls, BookedInvoices) else None,
            customers=controls if isinstance(controls, CustomerBalances) else None,
        )

    @property
    def has_ledger(self) -> bool:
        """Whether the ledger can be compared at all."""
        return self.totals is not None or self.counts is not None

    @property
    def is_provable(self) -> bool:
        """Whether anything can be compared whose difference counts."""
        return self.has_ledger or self.invoices is not None

    @property
    def missing(self) -> list[str]:
        """What is not offered, in plain words, of the controls that have comparisons of their own."""
        return [
            _WORDS[f.name] for f in fields(self) if f.name in _WORDS and not getattr(self, f.name)
        ]


_WORDS = {
    "totals": "totals of accounts",
    "counts": "counts of entries",
    "invoices": "totals of invoices",
    "customers": "balances of customers",
}
