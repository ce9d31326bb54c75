"""The group's chart of accounts as a company's controller keeps it: lists, ranges, single accounts, and some that are left out."""

from __future__ import annotations

from functools import lru_cache

from sandbox.books.chart import accounts
from sandbox.books.company import Company

from .workbooks import Paper, plain

_HEADINGS = {
    "DKK": ("Konto", "Koncernkonto", "Koncernkontonavn", "Rapportlinje"),
    "NOK": ("Kontonr.", "Konsernkonto", "Konsernkontonavn", "Rapportlinje"),
}
_SAYS = {"kind": "account_mapping", "match": "*.xlsx"}
#: Group account, its name, line of the report.
Place = tuple[str, str, str]
GOODS, SERVICES, OTHER, DIRECT, STAFF, TRAINING, PREMISES, BALANCE = (
    ("R100", "Sale of goods", "Revenue"), ("R200", "Services", "Revenue"), ("R900", "Other income", "Revenue"),
    ("C100", "Cost of goods", "Gross profit"), ("C200", "Staff", "Operating costs"), ("C210", "Other staff costs", "Operating costs"),
    ("C300", "Sales and premises", "Operating costs"), ("B000", "Balance sheet", "Balance"),
)  # fmt: skip


def rules(version: int) -> list[tuple[str, Place]]:
    """As written. 1020 has moved in odd versions; 3620 and 3680 have no place."""
    return [
        ("1010", GOODS),
        ("1020", OTHER if version % 2 else SERVICES),
        ("1030; 1050", OTHER),
        ("1300-1399", DIRECT),
        ("2200-2499", STAFF),
        ("2410", TRAINING),
        ("2750, 3410", PREMISES),
        ("5000..6999", BALANCE),
    ]


def places(version: int) -> dict[str, Place | None]:
    """What each account that can be posted on must come to; None: it has no place."""
    return {str(number): _place(number, version) for number in posted_on(0)}


def posted_on(day: int) -> list[int]:
    """The accounts that can be posted on by that day."""
    return [one.number for one in accounts(day) if one.type in ("profitAndLoss", "status")]


def _place(number: int, version: int) -> Place | None:
    by_number: dict[int, Place] = {
        1010: GOODS, 1020: OTHER if version % 2 else SERVICES, 1030: OTHER, 1050: OTHER, 1310: DIRECT, 2210: STAFF,
        2410: TRAINING, 2750: PREMISES, 3410: PREMISES,
    }  # fmt: skip
    return by_number.get(number, BALANCE if number > 5000 else None)


class ChartPaper(Paper):
    """places: account -> where it belongs, once this was read."""

    places: dict[str, Place | None]


@lru_cache(maxsize=64)
def mapping(company: Company, version: int) -> ChartPaper:
    headings = _HEADINGS.get(company.base_currency, _HEADINGS["DKK"])
    rows = [headings, *((accounts, *place) for accounts, place in rules(version))]
    paper = ChartPaper.of(plain(rows, sheet="Kontoplan"), [], _SAYS)
    paper.places = places(version)
    return paper
