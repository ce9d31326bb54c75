"""A budget that people wrote comes back as it was, or is refused; it never becomes another."""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saldo.workbooks import Rejected, read
from tests.workbooks.styles import HEADINGS, NAMES, NUMBERS, Budget, Style, styles, write

_EXAMPLES = 1500 if os.environ.get("SALDO_TEST_EVERYTHING") else 150
_QUICK = settings(
    max_examples=_EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_AMOUNTS = (
    st.none() | st.decimals(-2_000_000, 2_000_000, places=2) | st.integers(-9999, 9999).map(Decimal)
)
_BUDGETS = st.dictionaries(
    st.tuples(
        st.sampled_from(["1010", "1020", "0450", "5010", "30"]), st.sampled_from(["10", "K20"])
    ),
    st.tuples(*[_AMOUNTS] * 12),
    min_size=1,
    max_size=4,
)
KNOWN: Budget = {
    ("1010", "10"): tuple(Decimal(n) for n in ["-1234.56", "1000", "0.05", *["250"] * 9]),
    ("0450", "K20"): (None, Decimal("99999.99"), *[Decimal("-7.5")] * 9, None),
}


def truth(style: Style, budget: Budget) -> dict[tuple[str, str, tuple[int, int]], Decimal]:
    """What a file of that style must say, without zeros."""
    return {
        (account, department if style.has_department else "", month): value
        for (account, department), values in budget.items()
        for month, value in zip(style.months, values, strict=True)
        if value
    }


def outcome(path: Path, style: Style) -> dict[tuple[str, str, tuple[int, int]], Decimal]:
    """What the reader makes of it, without zeros."""
    with read(path, style.layout) as book:
        rows = list(book.rows())
    found = {(row.account, row.department, row.period): row.amount for row in rows if row.amount}
    assert len(found) == len([row for row in rows if row.amount])
    return found


@_QUICK
@given(style=styles(), budget=_BUDGETS)
def test_any_style_gives_the_budget_back_or_is_refused(
    style: Style, budget: Budget, tmp_path: Path
) -> None:
    path = write(style, budget, tmp_path)
    try:
        found = outcome(path, style)
    except Rejected:
        return
    assert found == truth(style, budget)


_SEEN = [
    *[Style(headings=headings) for headings in HEADINGS],
    *[Style(numbers=numbers, account="text") for numbers in NUMBERS],
    *[Style(language=language, headings="short", year_total=True, last_year=True) for language in NAMES],
    *[Style(language=language, is_long=True, is_csv=True, headings="short yy") for language in NAMES],
    *[Style(totals=totals, sections=True, title=True, blank_lines=True) for totals in ("named", "bare", "numbered")],
    *[Style(first_month=7, headings=headings) for headings in HEADINGS],
    *[Style(is_csv=True, encoding=e, numbers="1.234,56") for e in ("utf-8", "utf-8-sig", "utf-16", "cp1252")],
    *[Style(is_csv=True, separator=s, sep_line=s == "|", numbers="1234,56") for s in ";,\t|"],
    Style(scale=1000, title=True),
    Style(account="with name", has_department=True, hidden_sheet=True),
    Style(quarter_totals=True, year_total=True, headings="short"),
    Style(nothing="-", indent=2, numbers="kr"),
]  # fmt: skip


@pytest.mark.parametrize("style", _SEEN, ids=lambda style: str(_difference(style)))
def test_a_style_is_accepted(style: Style, tmp_path: Path) -> None:
    assert outcome(write(style, KNOWN, tmp_path), style) == truth(style, KNOWN)


def _difference(style: Style) -> dict[str, object]:
    plain = Style()
    return {k: v for k, v in vars(style).items() if getattr(plain, k) != v}


@settings(parent=_QUICK, max_examples=40)
@given(
    style=styles().map(lambda style: replace(style, is_csv=False)),
    place=st.integers(0, 11),
    junk=st.sampled_from(["ca. 500", "#REF!", "12,3,4", "5 %", "n/a", "1.2.3", "?"]),
)
def test_one_damaged_amount_refuses_the_file(
    style: Style, place: int, junk: str, tmp_path: Path
) -> None:
    from openpyxl import load_workbook

    path = write(replace(style, totals="", nothing=None), KNOWN, tmp_path)
    book = load_workbook(path)
    sheet = book.worksheets[0]
    wanted = [
        cell
        for line in sheet.iter_rows()
        for cell in line
        if cell.value is not None and str(cell.value) == str(_first(style))
    ]
    if not wanted:
        return
    wanted[0].value = junk
    book.save(path)
    with pytest.raises(Rejected) as refused:
        outcome(path, style)
    assert any(problem.found for problem in refused.value.problems)


def _first(style: Style) -> object:
    from tests.workbooks.styles import amount

    return amount(style, KNOWN["1010", "10"][0])
