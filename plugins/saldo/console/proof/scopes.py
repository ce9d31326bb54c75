"""Which postings a figure is made of: an account's of an accounting year, of a period, or of some days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from saldo.api.answers import Problem

from .books import Books

_ALWAYS = (date.min, date.max)


@dataclass(frozen=True)
class Scope:
    """account_keys, period_keys: where the index finds the postings. first and last: of a period its own days, though a vendor
    may book a line dated elsewhere in it. movement: without opening entries."""

    account: str
    name: str | None
    is_balance: bool
    account_keys: list[int]
    period_keys: list[int]
    earlier_keys: list[int]
    year: str | None
    period: int | None
    first: date
    last: date
    movement: bool

    @property
    def is_days(self) -> bool:
        return self.year is None

    @property
    def label(self) -> str:
        """As ops.proof writes it; of days the days."""
        if self.is_days:
            return f"{self.first} to {self.last}"
        return f"{self.year} P{self.period:02d}" if self.period is not None else f"{self.year}"

    @property
    def named(self) -> dict[str, Any]:
        """Parameters of the files of SQL that find the postings."""
        first, last = (self.first, self.last) if self.is_days else _ALWAYS
        return {
            "account": self.account,
            "account_keys": self.account_keys,
            "period_keys": self.period_keys,
            "year": self.year,
            "period": self.period,
            "first": first,
            "last": last,
            "movement": self.movement,
        }

    @property
    def earlier(self) -> dict[str, Any]:
        """The same of the periods of the year before this one."""
        return {**self.named, "period_keys": self.earlier_keys, "period": None}

    @property
    def asked(self) -> dict[str, Any]:
        """Parameters of the page's address."""
        if self.is_days:
            days = {"from_": self.first, "to_": self.last, "movement": 1 if self.movement else None}
            return {"account": self.account, **days}
        return {"account": self.account, "year": self.year, "period": self.period}


def scope_of(
    books: Books,
    account: str,
    *,
    year: str = "",
    period: int | None = None,
    first: date | None = None,
    last: date | None = None,
    movement: bool = False,
) -> Scope:
    """Raises Problem 404 for what these books do not have, 422 where neither a year nor days are named."""
    if not account or not (year or (first and last)):
        raise Problem(
            422,
            "Which postings?",
            "The address names an account and a year, or an account and days from and to. Choose a figure of Proof or Balances.",
        )
    row = books.row("scope", account=account, year=year or None, period=period if year else None)
    if year and row.start_date is None:
        raise Problem(
            404,
            "No such period",
            f"The accounting years of {books.head.name} have no {f'period {period} of ' if period else ''}{year}.",
        )
    return Scope(
        account=account,
        name=row.name,
        is_balance=row.is_balance,
        account_keys=row.account_keys,
        period_keys=row.period_keys,
        earlier_keys=row.earlier_keys,
        year=year or None,
        period=period if year else None,
        first=row.start_date or first or date.min,
        last=row.end_date or last or date.max,
        movement=movement and not year,
    )
