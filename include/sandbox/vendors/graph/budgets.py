"""What the companies budget: amounts near their actual ones, by seed; and what facts must hold of it.

On accounts of the books' chart, and on their departments where a company has them. Amounts are as people write them (income and costs
are both positive) until `facts` turns them: debit is positive there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from functools import lru_cache

from sandbox.books.calendar import add_months
from sandbox.books.chart import REVENUE
from sandbox.books.company import Company
from sandbox.books.line import mix

#: (account, department or "") -> the months' amounts; None: nothing is budgeted.
Lines = dict[tuple[int, str], tuple[Decimal | None, ...]]
#: scenario, company, account, department, first day of the month, amount with debit positive.
Fact = tuple[str, str, str, str, str, str]

#: Account -> what a month comes to per thousand entries a company has, and where it is budgeted.
_ACCOUNTS: dict[int, tuple[int, tuple[str, ...]]] = {
    1010: (14_000, ("1", "2")),
    1020: (13_000, ("1",)),
    1310: (4_000, ("2",)),
    2210: (28_000, ("1", "2", "3")),
    2410: (3_000, ("3",)),
    2750: (2_500, ("1",)),
    3410: (9_000, ("3",)),
    3620: (3_000, ("3",)),
}
#: How many departments share what a company has.
_DEPARTMENTS = 5
_CENT = Decimal("0.01")
NEW_YEAR = date(2026, 1, 1)


@dataclass(frozen=True)
class Part:
    """What one company budgets in one scenario for twelve months from `first` on."""

    scenario: str
    company: str
    first: date
    lines: Lines

    def months(self) -> list[date]:
        return [add_months(self.first, n) for n in range(12)]


@lru_cache(maxsize=256)
def lines_of(
    company: Company, key: int, *, unit: int = 0, departments: tuple[str, ...] | None = None
) -> Lines:
    """key: whatever tells one budget of a company from another. unit: kroner that every amount is a multiple of; 0: there
    are øre. departments: all accounts are budgeted in these alone."""
    found: Lines = {}
    for account, (size, places) in _ACCOUNTS.items():
        own = departments or places
        own = own if company.departments else ("",)
        parts = _DEPARTMENTS if departments else len(own)
        for place in own:
            base = size * company.entries // 1000 // parts
            seed = mix(company.seed * 1_000_003 + key * 7919 + account * 31 + sum(map(ord, place)))
            found[account, place] = tuple(
                _amount(account, month, base, mix(seed + month), unit) for month in range(1, 13)
            )
    return found


def _amount(account: int, month: int, base: int, bits: int, unit: int) -> Decimal | None:
    if account == 2750 and month == 7:
        return None  # nobody advertises in July
    cents = base * (80 + bits % 41) + bits // 64 % 100
    step = unit * 100 or 1
    amount = Decimal(max(cents // step, 1) * step) / 100
    return -amount if account == 1310 and month == 12 else amount  # the supplier's bonus


def facts(parts: Iterable[Part], *, per: int = 1) -> list[Fact]:
    """per: months that were written as one amount. Each of them has its share, cut off to the øre, the last one the rest."""
    found: list[Fact] = []
    for part in parts:
        months = part.months()
        for (account, department), amounts in part.lines.items():
            for month, amount in zip(months, shares(amounts, per), strict=True):
                if amount is not None:
                    signed = -amount if account in REVENUE else amount
                    place = (part.scenario, part.company, str(account), department)
                    found.append((*place, month.isoformat(), f"{signed:.2f}"))
    return found


def added(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def shares(amounts: tuple[Decimal | None, ...], per: int) -> list[Decimal | None]:
    """The months again, out of sums over `per` of them."""
    if per == 1:
        return list(amounts)
    found: list[Decimal | None] = []
    for start in range(0, 12, per):
        whole = added(amounts[start : start + per])
        share = (whole / per).quantize(_CENT, ROUND_DOWN)
        found += [share] * (per - 1) + [whole - share * (per - 1)]
    return found
