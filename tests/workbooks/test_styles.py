"""A budget that people wrote comes back as it was, or is refused; it never becomes another."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saldo.workbooks import Rejected, read, to_ledger
from tests.support import IS_WHOLE_SUITE
from tests.workbooks.styles import (
    CREDITS,
    HEADINGS,
    NAMES,
    NUMBERS,
    Budget,
    Style,
    labels,
    styles,
    whole,
)
from tests.workbooks.writing import write

QUICK = settings(
    max_examples=1500 if IS_WHOLE_SUITE else 20,
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
    ("1010", "K20"): tuple(Decimal(n) for n in range(40, 52)),
    ("0450", "K20"): (None, Decimal("99999.99"), *[Decimal("-7.5")] * 9, None),
}


#: Company, scenario, account, department, month.
Key = tuple[str, str, str, str, tuple[int, int]]


def truth(style: Style, budget: Budget) -> dict[Key, Decimal]:
    """What a file of that style must say, debit positive, without zeros."""
    found: dict[Key, Decimal] = {}
    for key, values in budget.items():
        own = labels(style, key)
        account, department = key[0], key[1] if style.has_department else ""
        for month, value in zip(style.months, _shares(style, values), strict=True):
            if value:
                signed = -value if account in CREDITS else value
                place = (
                    own.get("company", ""),
                    own.get("scenario", "budget"),
                    account,
                    department,
                    month,
                )
                found[place] = signed
    return found


def _shares(style: Style, values: tuple[Decimal | None, ...]) -> list[Decimal | None]:
    """The months out of what several come to: each its share without fractions of a cent, the last one the rest."""
    found: list[Decimal | None] = []
    for start in range(0, 12, style.per):
        amount = whole(values[start : start + style.per])
        if amount is None:
            found += [None] * style.per
            continue
        cents = int(amount * 100)
        share = Decimal(abs(cents) // style.per * (1 if cents > 0 else -1)) / 100
        found += [share] * (style.per - 1) + [amount - share * (style.per - 1)]
    return found


def outcome(path: Path, style: Style) -> dict[Key, Decimal]:
    """What the reader makes of it, debit positive, without zeros."""
    layout = style.layout
    with read(path, layout) as book:
        rows = [row for row in book.rows() if row.amount]
    found = {
        (row.company, row.scenario, row.account, row.department, row.period):
            to_ledger(row.amount, layout.sign, is_credit=row.account in CREDITS)
        for row in rows
    }  # fmt: skip
    assert len(found) == len(rows)
    return found


@QUICK
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
    *[Style(per=per, headings=headings) for per in (3, 6, 12) for headings in HEADINGS],
    *[Style(per=per, first_month=7, headings="short") for per in (3, 6, 12)],
    *[Style(sign="ledger", numbers=numbers, year_total=True, totals="named") for numbers in NUMBERS],
    *[Style(columns=columns, language=language) for columns in (("company",), ("scenario",), ("company", "scenario")) for language in NAMES],
    *[Style(merged_accounts=True, is_long=is_long) for is_long in (False, True)],
    *[Style(headings="year row merged", two_lines=True, merged_accounts=True, first_month=month) for month in (1, 7)],
    *[Style(first_month=month, headings=headings, quarter_totals=True, year_total=True)
      for month in (1, 4, 7) for headings in ("year row", "year row merged", "name")],
    *[Style(hides=hides, hidden_sheet=True) for hides in (0, 1, 2, 5)],
    Style(formulas=True, year_total=True, totals="numbered"),
]  # fmt: skip


@pytest.mark.parametrize("style", _SEEN, ids=lambda style: str(_difference(style)))
def test_a_style_is_accepted(style: Style, tmp_path: Path) -> None:
    assert outcome(write(style, KNOWN, tmp_path), style) == truth(style, KNOWN)


def _difference(style: Style) -> dict[str, object]:
    plain = Style()
    return {k: v for k, v in vars(style).items() if getattr(plain, k) != v}
