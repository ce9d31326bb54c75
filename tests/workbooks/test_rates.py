"""Own exchange rates: headings of six languages, days and months, exact rates; what is refused, cell by cell."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from saldo.workbooks import Csv, Layout, Rejected
from saldo.workbooks.numbers import Point
from saldo.workbooks.rate_values import UNIT, NoValue, unit
from saldo.workbooks.rates import RateRow, read_rates
from saldo.workbooks.sheets import InThousands, Odd
from tests.workbooks.making import text_file, workbook

RATES = Layout(kind="exchange_rates")
FEBRUARY = date(2026, 2, 28)


def read(folder: Path, *lines: list[Any], layout: Layout = RATES) -> list[RateRow]:
    return read_rates(workbook(folder, list(lines), name="kurser.xlsx"), layout)


def short(rows: list[RateRow]) -> list[tuple[str, str, str, str, str, int]]:
    return [(r.base, r.quote, f"{r.day}", r.kind, str(r.rate), r.unit) for r in rows]


def said(folder: Path, *lines: list[Any], layout: Layout = RATES) -> str:
    with pytest.raises(Rejected) as caught:
        read(folder, *lines, layout=layout)
    return str(caught.value)


@pytest.mark.parametrize(
    "heading",
    [
        ["Måned", "Fra valuta", "Til valuta", "Gennemsnitskurs", "Ultimokurs"],
        ["Periode", "Fra", "Til", "Gjennomsnittskurs", "Sluttkurs"],
        ["Månad", "Från", "Till", "Genomsnittskurs", "Balansdagskurs"],
        ["Maand", "Van", "Naar", "Gemiddelde koers", "Slotkoers"],
        ["Month", "From currency", "To-currency", "Average", "Closing"],
        ["Monat", "Von", "Nach", "Durchschnittskurs", "Stichtagskurs"],
    ],
)
def test_months_in_six_languages(tmp_path: Path, heading: list[str]) -> None:
    rows = read(
        tmp_path, ["Kurser 2026"], heading, ["2026-02", "eur", "DKK", 7.4604, 7.461],
        ["Feb 2026", "NOK", "DKK", 0.6412, None], [None, None, None, None, None],
    )  # fmt: skip
    assert short(rows) == [
        ("EUR", "DKK", "2026-02-28", "average", "7.4604", 1),
        ("EUR", "DKK", "2026-02-28", "closing", "7.461", 1),
        ("NOK", "DKK", "2026-02-28", "average", "0.6412", 1),
    ]
    assert (rows[1].sheet, rows[1].cell) == ("Ark1", "E3")


def test_days_units_and_kinds(tmp_path: Path) -> None:
    rows = read(
        tmp_path, ["Dato", "Valuta", "Til", "Enhed", "Kurs"],
        [date(2026, 2, 2), "USD", "DKK", 100, 684.64], ["3.2.2026", "USD", "DKK", None, "6,8512345678"],
    )  # fmt: skip
    assert short(rows) == [
        ("USD", "DKK", "2026-02-02", "day", "684.64", 100),
        ("USD", "DKK", "2026-02-03", "day", "6.8512345678", 1),
    ]
    rows = read(
        tmp_path, ["Month", "Currency", "To", "Rate", "Kind"],
        ["2026-02", "EUR", "DKK", 7.46, "Average rate"], ["2026-02", "EUR", "DKK", 7.47, "closing"],
        [date(2026, 3, 1), "EUR", "DKK", 7.48, None],
    )  # fmt: skip
    assert [(r.day, r.kind, r.rate) for r in rows] == [
        (FEBRUARY, "average", Decimal("7.46")), (FEBRUARY, "closing", Decimal("7.47")),
        (date(2026, 3, 31), "average", Decimal("7.48")), (date(2026, 3, 31), "closing", Decimal("7.48")),
    ]  # fmt: skip


COMMA, POINT = Point.COMMA, Point.POINT


@pytest.mark.parametrize(
    ("value", "point", "expected"),
    [
        (None, None, 1), ("", COMMA, 1), (1, None, 1), (100, COMMA, 100), (100.0, POINT, 100), (1e6, None, 1_000_000),
        ("1", None, 1), (" 100 ", None, 100), ("1000", COMMA, 1000), ("1000", POINT, 1000),
        *(
            (text, point, number)
            for point in (None, COMMA, POINT)
            for text, number in (
                ("1.0", 1), ("1,0", 1), ("1.00", 1), ("1,00", 1), ("10.00", 10), ("10,00", 10), ("100.00", 100),
                ("100,00", 100), ("1.0000", 1), ("1000.000", 1000), ("1 000", 1000), ("1\u00a0000", 1000),
                ("1.000,00", 1000), ("1,000.00", 1000), ("1 000,00", 1000), ("1.000.000", 1_000_000),
                ("1,000,000", 1_000_000),
            )
        ),
        ("1.000", COMMA, 1000), ("1.000", POINT, 1), ("1,000", COMMA, 1), ("1,000", POINT, 1000),
        ("10.000", COMMA, 10_000), ("10.000", POINT, 10), ("100,000", COMMA, 100), ("100,000", POINT, 100_000),
    ],
)  # fmt: skip
def test_units_are_what_they_say(value: object, point: Point | None, expected: int) -> None:
    assert unit(value, point) == expected


@pytest.mark.parametrize("point", [None, COMMA, POINT])
@pytest.mark.parametrize(
    "value",
    [
        0, 0.1, 1.5, 2, 50, -100, 1e7, float("nan"), float("inf"), True, date(2026, 1, 1), Odd("percent", "100 %"),
        InThousands.of(1000.0, ""), "0.1", "0,1", "1.5", "1,05", "10.01", "1.0.0", "1..0", "1 00", "10 00", "1.00.000", "1,0,0", ".1",
        "1.", "100 %", "-100", "1e3", "a hundred", "1/100",
    ],
)  # fmt: skip
def test_what_is_no_unit(value: object, point: Point | None) -> None:
    with pytest.raises(NoValue, match=UNIT):
        unit(value, point)


@pytest.mark.parametrize("text", ["1.000", "1,000", "10.000", "100,000"])
def test_a_unit_that_may_be_a_thousand_or_one(text: str) -> None:
    with pytest.raises(NoValue, match=UNIT):
        unit(text, None)


def test_units_of_a_csv_that_a_database_wrote(tmp_path: Path) -> None:
    lines = (
        "Date,Currency,To,Unit,Rate", "2026-02-02,USD,DKK,1.00,6.85", "2026-02-02,JPY,DKK,100.00,4.51",
        "2026-02-02,NOK,DKK,1.000,0.641",
    )  # fmt: skip
    rows = read_rates(text_file(tmp_path, "\n".join(lines), name="rates.csv"), RATES)
    assert [(row.base, row.unit) for row in rows] == [("USD", 1), ("JPY", 100), ("NOK", 1)]


def test_csv_and_words_of_ones_own(tmp_path: Path) -> None:
    text = "Dag;Kode;Til;Sats\n2026-02-02;SEK;DKK;0,66\n2026-02-03;SEK;DKK;1.234,5\n"
    layout = Layout(
        kind="exchange_rates",
        header={"currency": ("Kode",), "amount": ("Sats",)},
        csv=Csv("utf-8", ";"),
    )
    rows = read_rates(text_file(tmp_path, text, name="kurser.csv"), layout)
    assert [(r.rate, r.cell) for r in rows] == [
        (Decimal("0.66"), "line 2, column 4"), (Decimal("1234.5"), "line 3, column 4"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["2026-02-02", "EURO", "DKK", 7.46], "cell B2: found “EURO”; expected a currency of three letters, such as EUR"),
        (["2026-02-02", "DKK", "DKK", 1], "cell C2: found “DKK”; expected two different currencies"),
        (["2026-02-02", "EUR", "DKK", 0], "cell D2: found “0”; expected a rate above 0"),
        (["2026-02-02", "EUR", "DKK", "-7,46"], "cell D2: found “-7,46”; expected a rate above 0"),
        (["2026-02-02", "EUR", "DKK", "7,460"], "cell D2: found “7,460”; expected a rate that can be read in one way only"),
        (["2026-02-02", "EUR", "DKK", "7,46.04"], "cell D2: found “7,46.04”; expected a rate above 0"),
        (["2026-02-02", "EUR", "DKK", None], "cell D2: found an empty cell; expected a rate in every line"),
        (["02/03/2026", "EUR", "DKK", 7.46], "cell A2: found “02/03/2026”; expected a day such as 2026-01-31"),
        (["1889-02-02", "EUR", "DKK", 7.46], "cell A2: found “1889-02-02”; expected a day"),
        (["2026-02-02", "EUR", "DKK", "=1/0"], "cell D2"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, line: list[Any], expected: str) -> None:
    assert expected in said(tmp_path, ["Date", "From", "To", "Rate"], line)


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = said(
        tmp_path, ["Month", "From", "To", "Rate", "Unit", "Kind"],
        ["2026-02", "EUR", "DKK", 7.46, 3, None], ["February", "EUR", "DKK", 7.46, 1, "best"],
        ["2026-02", "USD", "DKK", 6.8, 1, "average"], ["2026-02", "USD", "DKK", 6.9, 1, "average"],
        ["2026-02", "USD", "DKK", 6.9, 1, "spot"],
    )  # fmt: skip
    assert [line.partition("cell ")[2].partition(";")[0] for line in text.splitlines()] == [
        "E2: found “3”", "A3: found “February”", "F3: found “best”", "D5: found “6.9”", "F6: found “spot”",
    ]  # fmt: skip
    assert "each rate once; D4 has one of USD in DKK for 2026-02-28, too" in text


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            [["2026-02", "EUR", "DKK", "7,4583", None], ["2026-02", "DKK", "EUR", "7,4583", None]],
            "cell D3: found “7,4583”; expected about 0.134079, since D2 has that of EUR in DKK for 2026-02-28. "
            "Correct one of the two, or delete it.",
        ),
        (
            [["2026-02", "DKK", "EUR", "0,1341", None], ["2026-02", "EUR", "DKK", "7,4583", 100]],
            "cell D3: found “7,4583”; expected about 745.712, since D2",
        ),
        (
            [["2026-02", "EUR", "DKK", 1e-11, None]],
            "expected a rate for one EUR from 0.0000000001 to 10000000000. Correct the rate or its units.",
        ),
        ([["2026-02", "EUR", "DKK", 1e-9, 100]], "expected a rate for one EUR from 0.0000000001"),
        ([["2026-02", "EUR", "DKK", 2e10, None]], "expected a rate for one EUR from 0.0000000001"),
    ],
)  # fmt: skip
def test_rates_that_cannot_be_right(tmp_path: Path, lines: list[list[Any]], expected: str) -> None:
    assert expected in said(tmp_path, ["Month", "From", "To", "Rate", "Unit"], *lines)


def test_both_directions_of_a_pair_may_be_rounded(tmp_path: Path) -> None:
    rows = read(
        tmp_path, ["Month", "From", "To", "Average", "Closing", "Unit"],
        ["2026-02", "EUR", "DKK", 745.83, 746, 100], ["2026-02", "DKK", "EUR", 0.134, 0.134, 1],
        ["2026-03", "DKK", "EUR", 0.2, 0.2, 1],
    )  # fmt: skip
    assert len(rows) == 6


def test_tables_that_are_none(tmp_path: Path) -> None:
    assert "expected a line with columns for two currencies" in said(tmp_path, ["Month", "Rate"])
    assert "no line below the header" in said(tmp_path, ["Month", "From", "To", "Rate"])
    head = ["Month", "From", "To", "Rate"]
    path = workbook(tmp_path, [head, ["2026-02", "EUR", "DKK", 7]], [head], name="two.xlsx")
    with pytest.raises(Rejected, match="2 sheets that could be it: “Ark1” and “Ark2”"):
        read_rates(path, RATES)
    assert len(read_rates(path, Layout(kind="exchange_rates", sheet="ark1"))) == 2
    with pytest.raises(Rejected, match="no sheet named Kurser, but “Ark1”, “Ark2”"):
        read_rates(path, Layout(kind="exchange_rates", sheet="Kurser"))
