"""What single cells say: amounts, months, years, totals, scales, accounts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saldo.workbooks import codes, fiscal, numbers
from saldo.workbooks.fiscal import Fiscal
from saldo.workbooks.lines import spread
from saldo.workbooks.numbers import NoAmount, Point
from saldo.workbooks.periods import OTHER, TOTAL, Span, after, said
from saldo.workbooks.signs import to_ledger
from saldo.workbooks.words import is_total, scale_of


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.234,56", "1234.56"), ("1 234,56", "1234.56"), ("1\u00a0234", "1234"), ("1\u202f234,5", "1234.5"),
        ("1'234,5", "1234.5"), ("-5", "-5"), ("5-", "-5"), ("\u22125", "-5"), ("–5", "-5"), ("(1.234,50)", "-1234.5"),
        ("( 5 )", "-5"), ("kr 5", "5"), ("kr. -5,25", "-5.25"), ("-kr 5", "-5"), ("5 kr.", "5"), ("DKK5", "5"),
        ("€ 1.234,00", "1234"), ("100,-", "100"), ("1.234,–", "1234"), ("+7", "7"), (",5", "0.5"), ("0,00005", "0.0001"),
    ],
)  # fmt: skip
def test_amounts_with_a_decimal_comma(text: str, amount: str) -> None:
    assert numbers.spoken(text, Point.COMMA) == Decimal(amount)


@pytest.mark.parametrize("text", ["", " ", "-", "–", "—", "\u00a0", "kr -", "- "])
def test_nothing(text: str) -> None:
    assert numbers.spoken(text, Point.COMMA) is None


@pytest.mark.parametrize(
    "text",
    [
        "1.23",
        "1.2345",
        "12.34.567",
        "1,2,3",
        "12 34",
        "(-5)",
        "-5-",
        "5%",
        "1e5",
        "x",
        "5 kg",
        "1.234.56",
        "²",
    ],
)
def test_what_is_no_amount_with_a_decimal_comma(text: str) -> None:
    with pytest.raises(NoAmount):
        numbers.spoken(text, Point.COMMA)


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("1.234,5", Point.COMMA), ("1,234.5", Point.POINT), ("1.234.567", Point.COMMA), ("1,234,567", Point.POINT),
        ("1,5", Point.COMMA), ("1.50", Point.POINT), ("0.125", Point.POINT), ("1234,567", Point.COMMA),
        ("1.234", None), ("1,234", None), ("1234", None), ("abc", None), ("(1.234)", None),
    ],
)  # fmt: skip
def test_what_tells_the_decimals(text: str, point: Point | None) -> None:
    assert numbers.evidence(text) is point


def test_typed_numbers_are_exact() -> None:
    assert numbers.typed(0.1 + 0.2) == Decimal("0.3")
    assert numbers.typed(1.00005) == Decimal("1.0001")
    assert numbers.typed(-1.00005) == Decimal("-1.0001")
    assert numbers.typed(12.3456789, 1000) == Decimal("12345.6789")
    with pytest.raises(NoAmount):
        numbers.typed(1e15)


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("Januar", Span(1, 1)), ("jan.", Span(1, 1)), ("mrt", Span(1, 3)), ("März", Span(1, 3)), ("maj", Span(1, 5)),
        ("mei 2026", Span(1, 5, 2026)), ("Okt-26", Span(1, 10, 2026)), ("des '26", Span(1, 12, 2026)),
        ("2026 januari", Span(1, 1, 2026)), ("Budget jan 2026", Span(1, 1, 2026)), ("2026-01", Span(1, 1, 2026)),
        ("01-2026", Span(1, 1, 2026)), ("01.2026", Span(1, 1, 2026)), (202601, Span(1, 1, 2026)), ("2026M03", Span(1, 3, 2026)),
        ("31.01.2026", Span(1, 1, 2026)), ("2026-01-31", Span(1, 1, 2026)), ("31/01/2026", Span(1, 1, 2026)),
        (date(2026, 1, 31), Span(1, 1, 2026)), (datetime(2026, 2, 1), Span(1, 2, 2026)),  # noqa: DTZ001
        (1, Span(1, 1, None, True)), (12.0, Span(1, 12, None, True)), ("P07", Span(1, 7, None, True)),
        ("periode 3", Span(1, 3, None, True)), ("Q1", Span(3, 1)), ("1. kvartal 2026", Span(3, 1, 2026)), ("kwartaal 4", Span(3, 4)),
        ("K2", Span(3, 2)), ("2026 Q3", Span(3, 3, 2026)), ("1. halvår", Span(6, 1)), ("H2 2026", Span(6, 2, 2026)),
        (2026, Span(12, 1, 2026)), ("Budget 2026", Span(12, 1, 2026)), ("I alt 2026", Span(12, 1, 2026)), ("År 2026", Span(12, 1, 2026)),
        ("I alt", TOTAL), ("Totaal", TOTAL), ("Hele året", TOTAL), ("Full year", TOTAL), ("Sum år", TOTAL),
        ("Jan YTD", OTHER), ("Realiseret 2025", OTHER), ("vorig jaar", OTHER), ("Afvigelse %", OTHER), ("jan i fjor", OTHER),
        ("01/02/2026", None), ("32.01.2026", None), (13, None), (1.5, None), (True, None), (None, None), ("Tekst", None),
        ("Januarudsalg", None), ("26-jan", None), ("", None),
    ],
)  # fmt: skip
def test_what_cells_say_about_time(value: object, meaning: object) -> None:
    assert said(value) == meaning


@given(st.integers(2000, 2099), st.integers(1, 12), st.integers(0, 200))
def test_months_follow_each_other(year: int, month: int, count: int) -> None:
    later = after((year, month), count)
    assert (later[0] * 12 + later[1]) - (year * 12 + month) == count
    assert 1 <= later[1] <= 12


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("Budget 2026", [Fiscal(2026)]), ("Budget 2025-26 v2", [Fiscal(2025, True)]), ("B 2025/2026", [Fiscal(2025, True)]),
        ("2025 og 2026", [Fiscal(2025), Fiscal(2026)]), ("Budget", []), ("A20261", []), ("2025-11", [Fiscal(2025)]),
    ],
)  # fmt: skip
def test_years_in_names(text: str, years: list[Fiscal]) -> None:
    assert fiscal.named(text) == years


def test_months_of_a_year_that_begins_in_july() -> None:
    year = fiscal.configured("2025-07")
    assert fiscal.months_of(Span(1, 3), year) == [(2026, 3)]
    assert fiscal.months_of(Span(1, 3, None, True), year) == [(2025, 9)]
    assert fiscal.months_of(Span(3, 3), year) == [(2026, 1), (2026, 2), (2026, 3)]


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("i 1.000 kr", 1000), ("tkr", 1000), ("T.kr.", 1000), ("TDKK", 1000), ("in thousands", 1000), ("x1000", 1000),
        ("(1.000 DKK)", 1000), ("i mio.", 1_000_000), ("MNOK", 1_000_000), ("i 1.000.000", 1_000_000),
        ("Budget 2026", None), ("kr", None), ("DKK 1.000.500", None), ("Konto 1000", None), ("Transport", None),
    ],
)  # fmt: skip
def test_scales(text: str, scale: int | None) -> None:
    assert scale_of(text) == scale


@pytest.mark.parametrize(
    "text",
    [
        "I alt",
        "SUM",
        "Omsætning i alt",
        "Totaal kosten",
        "Sum driftsinntekter",
        "Dækningsbidrag",
        "Summa",
    ],
)
def test_totals(text: str) -> None:
    assert is_total(text)


@pytest.mark.parametrize(
    "text", ["Totalentreprise", "Sommerfest", "Summerschool", "Resultatløn", "Salg", ""]
)
def test_what_is_no_total(text: str) -> None:
    assert not is_total(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1010", ("1010", "")), ("0100", ("0100", "")), ("K-200", ("K-200", "")), ("4000.10", ("4000.10", "")),
        ("1010 Omsætning", ("1010", "Omsætning")), ("1010 - Løn", ("1010", "Løn")), ("1010: Løn", ("1010", "Løn")),
        ("Salg", None), ("Total 2026", None), ("", None), ("5 %", None), ("12 -", None),
    ],
)  # fmt: skip
def test_accounts(text: str, found: tuple[str, str] | None) -> None:
    assert codes.account(text) == found


@given(st.decimals(-(10**9), 10**9, places=2), st.sampled_from([1, 3, 6, 12]))
def test_a_year_spread_over_its_months_adds_up_to_itself(amount: Decimal, months: int) -> None:
    shares = spread(amount, months)
    assert sum(shares) == amount
    assert len(shares) == months
    assert len(set(shares[:-1])) <= 1
    assert abs(shares[-1] - shares[0]) < Decimal("0.12")


@pytest.mark.parametrize(
    ("sign", "is_credit", "amount"),
    [("natural", True, -5), ("natural", False, 5), ("ledger", True, 5), ("ledger", False, 5)],
)
def test_signs(sign: str, is_credit: bool, amount: int) -> None:
    assert to_ledger(Decimal(5), sign, is_credit=is_credit) == amount  # type: ignore[arg-type]
