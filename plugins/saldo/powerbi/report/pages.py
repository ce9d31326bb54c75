"""The five pages: what a controller asks first."""

from __future__ import annotations

from dataclasses import dataclass

from saldo.powerbi.added import CURRENT
from saldo.powerbi.model import MEASURES_TABLE

from .visuals import Box, Field, Kind, Visual

WIDTH, HEIGHT = 1280, 720
_EDGE, _GAP = 16, 12
#: Points, of what fits a card.
_NUMBER, _SENTENCE = 20, 12
_TOP, _SLICER, _CARD = 16, 64, 92
#: Wide enough for three currencies below "Choose one:".
_CURRENCY = 120
_INNER = WIDTH - 2 * _EDGE
#: Below the slicers and the cards.
_BODY = _TOP + _SLICER + _GAP + _CARD + _GAP


@dataclass(frozen=True)
class Page:
    """name: of its folder. title: on its tab."""

    name: str
    title: str
    visuals: tuple[Visual, ...]


def _measure(name: str) -> Field:
    return Field(MEASURES_TABLE, name, is_measure=True)


def _measures(*names: str) -> tuple[Field, ...]:
    return tuple(map(_measure, names))


AGREEMENT, CURRENCY = Field("Agreement", "Agreement"), Field("Agreement", "Base currency")
FISCAL_YEAR = Field("Date", "Fiscal year or current")
MONTH, YEAR_MONTH = Field("Date", "Month"), Field("Date", "Year and month")
SECTION, ACCOUNT = Field("Account", "Section"), Field("Account", "Account")
_ON_BALANCE_SHEET = Field("Account", "Is balance sheet")
_BUCKET = Field("Ageing", "Bucket")
#: Charts by these go on from left to right; others begin with the largest.
_IN_ORDER = (YEAR_MONTH, _BUCKET)
#: A balance has a value in all months to come, too: the last one known.
_HAS_BEGUN = (Field("Date", "Has begun"), True)


def _row(count: int, y: int, height: int, x: int = _EDGE, width: int = _INNER) -> list[Box]:
    """Boxes side by side, as wide as each other."""
    each = (width - (count - 1) * _GAP) // count
    return [Box(x + place * (each + _GAP), y, each, height) for place in range(count)]


def _head(title: str, *more: tuple[str, Field]) -> list[Visual]:
    """The title of a page and its slicers; those all pages have keep their choice from page to page. A report opens with the
    current fiscal year, and all currencies: which one to look at is the reader's choice."""
    slicers = [
        ("Agreement", AGREEMENT),
        ("Currency", CURRENCY),
        ("Fiscal year", FISCAL_YEAR),
        ("Month", MONTH),
        *more,
    ]
    boxes = _row(7, _TOP, _SLICER)
    first, last = boxes[0], boxes[-len(slicers) - 1]
    rest = Box(first.x, first.y, last.x + last.width - first.x, first.height)
    found = [Visual("title", "textbox", rest, title)]
    for (name, of), box in zip(slicers, boxes[-len(slicers) :], strict=True):
        found.append(
            Visual(
                name,
                "slicer",
                box,
                name,
                {"Values": (of,)},
                is_synced=(name, of) not in more,
                chosen=CURRENT if of == FISCAL_YEAR else "",
                is_single=of == CURRENCY,
            )
        )
    return found


def _cards(*names: str) -> list[Visual]:
    """Numbers, after the currency that they are in; of agreements with several it says that one is to be chosen, and they are empty."""
    y, used = _TOP + _SLICER + _GAP, _CURRENCY + _GAP
    boxes = _row(len(names), y, _CARD, _EDGE + used, _INNER - used)
    first = _card("Currency", Box(_EDGE, y, _CURRENCY, _CARD), _SENTENCE)
    return [first, *(_card(name, box, _NUMBER) for name, box in zip(names, boxes, strict=True))]


def _card(name: str, box: Box, font_size: int) -> Visual:
    of = {"Values": _measures(name)}
    return Visual(f"card {name}", "card", box, name, of, font_size=font_size)


def _statement(
    name: str, box: Box, title: str, *measures: str, only: tuple[Field, bool] | None = None
) -> Visual:
    """The vendor's own sections and accounts, in the vendor's order. A measure of the result has no value on others."""
    roles = {"Rows": (SECTION, ACCOUNT), "Values": _measures(*measures)}
    return Visual(name, "pivotTable", box, title, roles, only=only)


def _chart(
    name: str,
    kind: Kind,
    box: Box,
    title: str,
    category: Field,
    *measures: str,
    only: tuple[Field, bool] | None = None,
) -> Visual:
    roles = {"Category": (category,), "Y": _measures(*measures)}
    sorted_by = category if category in _IN_ORDER else None
    return Visual(name, kind, box, title, roles, only=only, sorted_by=sorted_by)


def _table(name: str, box: Box, title: str, *fields: Field) -> Visual:
    return Visual(name, "tableEx", box, title, {"Values": fields})


_LEFT, _RIGHT = _row(2, _BODY, HEIGHT - _BODY - _EDGE)
_HALF = (_RIGHT.height - _GAP) // 2
_UPPER = Box(_RIGHT.x, _RIGHT.y, _RIGHT.width, _HALF)
_LOWER = Box(_RIGHT.x, _RIGHT.y + _HALF + _GAP, _RIGHT.width, _HALF)

PAGES = (
    Page(
        "result",
        "Result",
        (
            *_head("Result"),
            *_cards("Result", "Result year to date", "Result previous year", "Margin %", "Cash"),
            _statement(
                "statement", _LEFT, "Result by section and account",
                "Result", "Result previous year", "Result change", "Result change %",
            ),
            _chart(
                "months", "lineChart", _UPPER, "Result by month", YEAR_MONTH,
                "Result", "Result previous year",
            ),
            _table(
                "postings", _LOWER, "Postings: choose an account to the left",
                Field("Date", "Date"), Field("Journal entries", "Voucher number"), ACCOUNT,
                Field("Journal entries", "Text"), _measure("Posted"), Field("Document", "PDF url"),
            ),
        ),
    ),
    Page(
        "balance",
        "Balance",
        (
            *_head("Balance"),
            *_cards("Balance day", "Cash", "Cash movement", "VAT balance", "Receivables balance", "Payables balance"),
            _statement(
                "balances", _LEFT, "Balance by section and account",
                "Opening balance", "Movement", "Balance", only=(_ON_BALANCE_SHEET, True),
            ),
            _chart(
                "cash", "lineChart", _UPPER, "Cash at the end of each month", YEAR_MONTH, "Cash",
                only=_HAS_BEGUN,
            ),
            _chart(
                "vat", "clusteredColumnChart", _LOWER, "VAT balance at the end of each month",
                YEAR_MONTH, "VAT balance", only=_HAS_BEGUN,
            ),
        ),
    ),
    Page(
        "open_items",
        "Receivables and payables",
        (
            *_head("Receivables and payables"),
            *_cards("Balance day", "Receivables open", "Receivables overdue", "Payables open", "Payables overdue"),
            _table(
                "customers", Box(_LEFT.x, _UPPER.y, _LEFT.width, _HALF), "Customers",
                Field("Customer", "Customer number"), Field("Customer", "Customer"),
                *_measures("Receivables open", "Receivables overdue", "Receivables overdue %"),
            ),
            _table(
                "suppliers", Box(_LEFT.x, _LOWER.y, _LEFT.width, _HALF), "Suppliers",
                Field("Supplier", "Supplier number"), Field("Supplier", "Supplier"),
                *_measures("Payables open", "Payables overdue", "Payables overdue %"),
            ),
            _chart(
                "receivables_age", "clusteredColumnChart", _UPPER, "Receivables by days overdue",
                _BUCKET, "Receivables by age",
            ),
            _chart(
                "payables_age", "clusteredColumnChart", _LOWER, "Payables by days overdue",
                _BUCKET, "Payables by age",
            ),
        ),
    ),
    Page(
        "budget",
        "Budget",
        (
            *_head("Budget", ("Scenario", Field("Budget", "Scenario"))),
            *_cards("Balance day", "Actual year to date", "Budget year to date", "Variance year to date", "Variance year to date %"),
            _statement(
                "variances", _LEFT, "Year to date by section and account",
                "Actual year to date", "Budget year to date", "Variance year to date", "Variance year to date %",
            ),
            _chart(
                "months", "clusteredColumnChart", _UPPER, "Budget and actual by month", YEAR_MONTH,
                "Actual in budgeted months", "Budget",
            ),
            _chart(
                "departments", "clusteredBarChart", _LOWER, "Variance year to date by department",
                Field("Department", "Department"), "Variance year to date",
            ),
        ),
    ),
    Page(
        "proof",
        "Proof and freshness",
        (
            *_head("Proof and freshness"),
            *_cards("Proven", "Agreements not proven", "Proof difference", "Data as of", "Draft postings"),
            _table(
                "agreements", _LEFT, "Agreements",
                AGREEMENT, CURRENCY,
                *_measures("Proven", "Proof difference", "Data as of", "Last proven"),
            ),
            _chart(
                "documents", "clusteredBarChart", _UPPER, "Postings with a PDF, by agreement", AGREEMENT,
                "Postings with a PDF",
            ),
            _chart(
                "hours", "clusteredColumnChart", _LOWER, "Hours worked and invoiceable, by month",
                YEAR_MONTH, "Hours", "Invoiceable hours",
            ),
        ),
    ),
)  # fmt: skip
