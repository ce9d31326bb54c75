"""Tables that are read, and how: companies, scenarios, years, hidden rows, quarters, words of one's own."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from saldo.workbooks import BudgetRow, Layout, Rejected, read
from tests.workbooks.making import HEADER, MONTHS, TEN, Y2026, amounts, sentence, workbook


def rows(path: Path, layout: Layout = Layout()) -> list[BudgetRow]:  # noqa: B008
    with read(path, layout) as book:
        return list(book.rows())


def test_a_row_knows_where_it_stands(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        [
            [],
            ["Konto", "Navn", "Afdeling", "Valuta", *MONTHS],
            [1010, "Salg", 10, "DKK", 12.345678, *TEN[1:]],
        ],
    )
    assert rows(path)[0] == BudgetRow(
        "Ark1", "E3", "1010", "Salg", "10", "", "budget", "DKK", (2026, 1), Decimal("12.3457"), 3
    )


def test_companies_and_scenarios_in_columns(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        [["Enhed", "Udgave", "Konto", *MONTHS], ["nordlys", "A", 1010, *TEN], ["nordlys", "B", 1010, *TEN], ["vest", "A", 1010, *TEN]],
    )  # fmt: skip
    layout = Layout(company_column="Enhed", scenario_column="udgave")
    found = {(row.company, row.scenario) for row in rows(path, layout)}
    assert found == {("nordlys", "A"), ("nordlys", "B"), ("vest", "A")}


def test_scenarios_in_sheets(tmp_path: Path) -> None:
    table = [HEADER, [1010, "", *TEN]]
    path = workbook(tmp_path, table, table, title="Forecast ")
    layout = Layout(sheet="forecast*", scenario="sheet_name")
    assert {row.scenario for row in rows(path, layout)} == {"Forecast 1", "Forecast 2"}


def test_words_of_ones_own(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Art", "Team", *MONTHS], [1010, "X1", *TEN]])
    assert "no line of headings" in sentence(path)
    found = rows(path, Layout(header={"account": ("Art",), "department": ("team",)}))
    assert (found[0].account, found[0].department) == ("1010", "X1")


def test_hidden_rows_and_columns_are_read(tmp_path: Path) -> None:
    """Excel adds them up, too; a filter hides rows that are budgeted all the same."""
    path = workbook(tmp_path, [HEADER, [1010, "", *TEN], [1020, "", *TEN]])
    book = load_workbook(path)
    book.active.row_dimensions[2].hidden = True
    book.active.column_dimensions["D"].hidden = True
    book.save(path)
    assert len(rows(path)) == 24


def test_hidden_sheets_are_not_read(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADER, [1010, "", *TEN]], [HEADER, [1020, "", *TEN]])
    book = load_workbook(path)
    book["Ark1"].sheet_state = "hidden"
    book.save(path)
    assert {row.account for row in rows(path)} == {"1020"}


def test_a_year_in_a_column(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        [["Konto", "År", *MONTHS], [1010, 2026, *TEN], [1010, 2027, *TEN], [1020, None, *TEN]],
        name="x.xlsx",
    )
    said = sentence(path, Layout(fiscal_year="column"))
    assert "cell B4: found an empty cell; expected a year such as 2026" in said
    book = load_workbook(path)
    book.active.delete_rows(4)
    book.save(path)
    found = rows(path, Layout(fiscal_year="column"))
    assert {row.period[0] for row in found} == {2026, 2027}
    assert len(found) == 24


def test_month_and_year_in_columns(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        [["Konto", "Year", "Month", "Amount"], [1010, 2026, 3, 5], [1010, 2027, "Dec", 6]],
        name="x.xlsx",
    )
    assert amounts(path) == {("1010", (2026, 3)): 5, ("1010", (2027, 12)): 6}


def test_quarters_become_months(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, [["Konto", "Q1", "Q2", "Q3", "Q4", "I alt"], [1010, 100, 200, 300, 400, 1000]]
    )
    found = amounts(path)
    assert [found["1010", (2026, month)] for month in (1, 2, 3, 10)] == [
        Decimal("33.33"), Decimal("33.33"), Decimal("33.34"), Decimal("133.33"),
    ]  # fmt: skip
    assert sum(found.values()) == 1000


def test_a_year_becomes_months(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, [["Konto", "Tekst", "Budget 2026"], [1010, "", -1000], [1020, "", 0.05]]
    )
    found = amounts(path)
    assert found["1010", (2026, 1)] == Decimal("-83.33")
    assert found["1010", (2026, 12)] == Decimal("-83.37")
    assert found["1020", (2026, 11)] == 0
    assert found["1020", (2026, 12)] == Decimal("0.05")


def test_two_columns_of_years_are_two_years(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Konto", "2025", "2026"], [1010, 5, 6]])
    assert "24 months" in sentence(path)


def test_last_years_figures_are_left_out(tmp_path: Path) -> None:
    header = [
        "Konto",
        *[f"Realiseret {m} 2025" for m in MONTHS],
        *[f"Budget {m} 2026" for m in MONTHS],
        "Afvigelse",
    ]
    found = amounts(workbook(tmp_path, [header, [1010, *[7] * 12, *TEN, 3]]))
    assert set(found.values()) == {10}
    assert len(found) == 12


def test_last_years_figures_below_a_merged_heading_are_left_out(tmp_path: Path) -> None:
    above = [None, "Realiseret 2025", *[None] * 11, "Budget 2026"]
    path = workbook(tmp_path, [above, ["Konto", *MONTHS, *MONTHS], [1010, *[7] * 12, *TEN]])
    assert set(amounts(path).values()) == {10}


def test_amounts_in_thousands(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["i 1.000 kr."], HEADER, [1010, "", 1.2345678, "1,5", *TEN[2:]]])
    found = amounts(path, Layout(amounts_in=1000))
    assert [found["1010", (2026, month)] for month in (1, 2, 3)] == [
        Decimal("1234.5678"),
        1500,
        10_000,
    ]


def test_zeros_are_amounts_and_blanks_are_not(tmp_path: Path) -> None:
    found = amounts(workbook(tmp_path, [HEADER, [1010, "", 0, None, "-", " ", "–", *TEN[5:]]]))
    assert found["1010", (2026, 1)] == 0
    assert {(2026, month) for month in (2, 3, 4, 5)}.isdisjoint(period for _, period in found)


def test_accounts_keep_their_zeros(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        [HEADER, [450, "", *TEN], ["0100", "", *TEN], [1010.0, "", *TEN], ["1020\u00a0", "", *TEN]],
    )
    book = load_workbook(path)
    book.active["A2"].number_format = "0000"
    book.save(path)
    assert {row.account for row in rows(path)} == {"0450", "0100", "1010", "1020"}


def test_a_sheet_that_says_it_is_enormous(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADER, [1010, "", *TEN]])
    book = load_workbook(path)
    book.active["XFD1048576"].number_format = "0.00"
    book.save(path)
    assert len(rows(path)) == 12


def test_sections_remarks_and_empty_rows_are_no_budget(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        [
            HEADER,
            ["Omsætning"],
            [],
            [1010, "", *TEN],
            [None, "se note", None, "kr."],
            [1020, "", *TEN],
        ],
    )
    assert {row.account for row in rows(path)} == {"1010", "1020"}


def test_good_rows_come_all_the_same_and_the_problems_at_the_end(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, [HEADER, [1010, "", *TEN], [1020, "", "x", *TEN[1:]], [1030, "", *TEN]]
    )
    seen: list[str] = []
    with read(path, Layout()) as book, pytest.raises(Rejected):
        seen.extend(row.account for row in book.rows())
    # The ledger may have something to say of them, too: people correct everything at once.
    assert seen == ["1010"] * 12 + ["1020"] * 11 + ["1030"] * 12


def test_a_book_can_be_read_again(tmp_path: Path) -> None:
    with read(workbook(tmp_path, [HEADER, [1010, "", *TEN]]), Y2026) as book:
        assert list(book.rows()) == list(book.rows())


def test_a_year_above_the_table(tmp_path: Path) -> None:
    for title in (2026, "Regnskabsår 2026", "Budget 2026, godkendt 3.11.2025"):
        path = workbook(tmp_path, [[title], [], HEADER, [1010, "", *TEN]], name="x.xlsx")
        assert rows(path)[0].period == (2026, 1)
    path = workbook(tmp_path, [["Udskrevet 2025"], HEADER, [1010, "", *TEN]], name="x.xlsx")
    assert "no year is said" in sentence(path)


def test_a_dated_month_beside_a_fiscal_year(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        [["Konto", "Regnskabsår", "Måned", "Beløb"], [1010, "2025/2026", "jan 2026", 5]],
        name="x.xlsx",
    )
    assert amounts(path) == {("1010", (2026, 1)): 5}
