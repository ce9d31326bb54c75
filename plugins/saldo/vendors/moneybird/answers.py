"""The shapes of Moneybird's answers, and what must be known of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from requests.utils import parse_header_links

from saldo.declarations.source import Received
from saldo.errors import BadResponse
from saldo.staging.records import tolerant

#: Of a number of records, that the warehouse can count.
_DIGITS = 19


class Administration(msgspec.Struct):
    """One set of books; `suspended`: Moneybird has closed it for want of payment.

    id: text in answers, a number in examples of the specification; text here.
    """

    id: str | int
    name: str = ""
    currency: str = ""
    country: str = ""
    suspended: bool = False
    period_start_date: str | None = None
    period_locked_until: str | None = None

    def __post_init__(self) -> None:
        self.id = str(self.id)

    @property
    def first_year(self) -> int | None:
        """That its books begin in, as somebody typed it."""
        text = (self.period_start_date or "")[:4]
        return int(text) if text.isascii() and text.isdecimal() else None


class Listed(msgspec.Struct):
    """A line of a synchronization list."""

    id: str | int
    version: int | str


class Known(msgspec.Struct):
    """A record, of which its id counts."""

    id: str | int


class Account(msgspec.Struct):
    """A ledger account; account_id: what people call it by, as they typed it."""

    id: str | int
    account_id: str | None = None

    @property
    def called(self) -> str:
        """As core has it (ledger_accounts.sql): blanks around it are no part of it."""
        return (self.account_id or "").strip(" ")


class _Value(msgspec.Struct):
    ledger_account_id: str | int
    value: Any = None

    @property
    def account(self) -> str:
        return str(self.ledger_account_id)

    @property
    def amount(self) -> Decimal:
        """Raises BadResponse for what is none."""
        try:
            found = Decimal(str(self.value or 0))
        except InvalidOperation:
            found = Decimal("nan")
        if found.is_finite():
            return found
        raise BadResponse(
            f"the general ledger says {str(self.value)[:60]!r} of account {self.account}, which is no amount; tell the vendor"
        )


class _Column(msgspec.Struct):
    ledger_accounts: list[_Value]


class GeneralLedger(msgspec.Struct):
    """The report of a period: four columns, each of some accounts."""

    start_balance: _Column
    debit_sums: _Column
    credit_sums: _Column
    final_balance: _Column

    @property
    def is_first(self) -> bool:
        """Whether nothing was booked before."""
        return not self.begins_with

    @property
    def begins_with(self) -> dict[str, Decimal]:
        """Account -> its balance before the period, debit positive, of those that have any."""
        values = ((one.account, one.amount) for one in self.start_balance.ledger_accounts)
        return {account: value for account, value in values if value}

    def movements(self) -> dict[str, Decimal]:
        """Account -> what it moved by, debit positive."""
        found: dict[str, Decimal] = {}
        for column, sign in ((self.debit_sums, 1), (self.credit_sums, -1)):
            for one in column.ledger_accounts:
                moved = sign * one.amount
                found[one.account] = found.get(one.account, Decimal(0)) + moved
        return found

    def lines(self, year: int) -> list[Received]:
        """A record of each account, in the order of their ids; see records.AccountTotal."""
        found: dict[str, dict[str, Any]] = {}
        columns = {
            "start_balance": self.start_balance,
            "debit_sum": self.debit_sums,
            "credit_sum": self.credit_sums,
            "final_balance": self.final_balance,
        }
        for name, column in columns.items():
            for one in column.ledger_accounts:
                line = {
                    "year": str(year),
                    "ledger_account_id": one.account,
                    **dict.fromkeys(columns),
                }
                found.setdefault(one.account, line)[name] = one.value
        return [msgspec.json.encode(found[account]) for account in sorted(found)]


accounts = tolerant(msgspec.json.Decoder(list[Account]).decode)
administrations = tolerant(msgspec.json.Decoder(list[Administration]).decode)
listed = msgspec.json.Decoder(list[Listed]).decode
one = tolerant(msgspec.json.Decoder(Known).decode)
known = tolerant(msgspec.json.Decoder(list[Known]).decode)
records = tolerant(msgspec.json.Decoder(list[msgspec.Raw]).decode)
general_ledger = msgspec.json.Decoder(GeneralLedger).decode


def of_id(body: bytes, id: str) -> msgspec.Raw | None:
    """The record with this id, as it came."""
    for record, one in zip(records(body), known(body), strict=True):
        if str(one.id) == id:
            return record
    return None


def parts(found: list[Listed], size: int) -> Iterator[list[tuple[str, str]]]:
    """A list in parts, keys and versions as texts."""
    for first in range(0, len(found), size):
        yield [(str(one.id), str(one.version)) for one in found[first : first + size]]


def next_link(headers: Mapping[str, str]) -> str | None:
    """Where a list goes on: the link whose `rel` is next, wherever among the others it stands."""
    links = parse_header_links(headers.get("Link", ""))
    return next((link["url"] for link in links if "next" in link.get("rel", "").split()), None)


def total(headers: Mapping[str, str]) -> int | None:
    """How many records a list has, where the answer says."""
    text = headers.get("X-Total-Count", "")
    is_number = text.isascii() and text.isdecimal() and len(text) < _DIGITS
    return int(text) if is_number else None
