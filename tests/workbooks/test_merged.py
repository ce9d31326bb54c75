"""Merged cells: what is written in one holds for the lines below it, but amounts are nobody's."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from saldo.workbooks import Layout, read
from tests.workbooks.making import HEADER, MONTHS, TEN, amounts, problems, sentence, workbook

DEPARTMENTS = ["Konto", "Tekst", "Afd.", *MONTHS]


def merged(path: Path, *places: str, hidden: dict[str, object] | None = None) -> Path:
    """hidden: values that a program left in cells which a merged one covers, by a later merge."""
    book = load_workbook(path)
    for place, value in (hidden or {}).items():
        book.active[place].value = value
    for place in places:
        book.active.merge_cells(place)
        for cell, value in (hidden or {}).items():
            if type(book.active[cell]).__name__ == "MergedCell":
                del book.active._cells[book.active[cell].row, book.active[cell].column]
                book.active[cell].value = value
    book.save(path)
    return path


def keys(path: Path, layout: Layout = Layout()) -> list[tuple[str, str, str]]:  # noqa: B008
    with read(path, layout) as book:
        return sorted({(row.account, row.account_name, row.department) for row in book.rows()})


def test_an_account_over_its_departments(tmp_path: Path) -> None:
    rows = [
        [1010, "Salg", 1, *TEN],
        [None, None, 2, *TEN],
        [None, None, 3, *TEN],
        [1020, "Leje", 1, *TEN],
    ]
    path = merged(workbook(tmp_path, [DEPARTMENTS, *rows]), "A2:A4", "B2:B4")
    assert keys(path) == [
        ("1010", "Salg", "1"),
        ("1010", "Salg", "2"),
        ("1010", "Salg", "3"),
        ("1020", "Leje", "1"),
    ]


def test_cells_that_are_empty_and_not_merged_are_not_filled(tmp_path: Path) -> None:
    rows = [[1010, "Salg", 1, *TEN], [None, None, 2, *[5] * 12]]
    assert "cell A3: found an empty cell beside amounts" in sentence(
        workbook(tmp_path, [DEPARTMENTS, *rows])
    )


def test_a_merged_account_without_departments_is_the_same_twice(tmp_path: Path) -> None:
    path = merged(workbook(tmp_path, [HEADER, [1010, "", *TEN], [None, "", *TEN]]), "A2:A3")
    assert "cell A3: found the same account, department and month as in A2" in sentence(path)


def test_what_a_program_left_below_a_merged_account_is_not_believed(tmp_path: Path) -> None:
    rows = [[1010, "", 1, *TEN], [None, "", 2, *TEN]]
    path = merged(workbook(tmp_path, [DEPARTMENTS, *rows]), "A2:A3", hidden={"A3": 1999})
    assert {account for account, *_ in keys(path)} == {"1010"}


def test_companies_scenarios_and_months_that_are_merged(tmp_path: Path) -> None:
    lines = [
        ["Selskab", "Konto", "Måned", "Beløb"],
        ["nordlys", 1, "jan", 5],
        [None, 1, "feb", 6],
        ["vest", 2, "mar", 7],
        [None, 3, None, 8],
    ]
    path = merged(workbook(tmp_path, lines), "A2:A3", "A4:A5", "C4:C5")
    with read(path, Layout()) as book:
        found = [(row.company, row.account, row.period[1], row.amount) for row in book.rows()]
    assert found == [
        ("nordlys", "1", 1, 5),
        ("nordlys", "1", 2, 6),
        ("vest", "2", 3, 7),
        ("vest", "3", 3, 8),
    ]


@pytest.mark.parametrize("place", ["C2:C3", "C2:E2"])
def test_an_amount_that_is_merged_with_others(place: str, tmp_path: Path) -> None:
    rows = [
        [1010, "", 30, *([None, None] if place == "C2:E2" else TEN[:2]), *TEN[3:]],
        [1020, "", None, *TEN[1:]],
    ]
    path = merged(workbook(tmp_path, [HEADER, *rows]), place)
    assert sentence(path) == (
        "Sheet 'Ark1', cell C2: found “30”, merged with other cells; expected an amount in a cell of its own. "
        "Unmerge the cells, and write into each what belongs there."
    )


def test_an_amount_of_a_line_that_is_merged_with_others(tmp_path: Path) -> None:
    lines = [["Konto", "Måned", "Beløb"], [1, "jan", 5], [1, "feb", None]]
    assert "cell C2: found “5”, merged with other cells" in sentence(
        merged(workbook(tmp_path, lines), "C2:C3")
    )


def test_sections_over_the_whole_table_do_no_harm(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADER, ["Omsætning"], [1010, "", *TEN]])
    assert len(amounts(merged(path, "A2:N2"))) == 12


# --- headings in two lines ------------------------------------------------------------------------


def test_headings_in_two_lines_are_one_where_the_account_is_merged(tmp_path: Path) -> None:
    above = ["Konto", "Tekst", "Budget 2026", *[None] * 11, "I alt"]
    lines = [above, [None, None, *MONTHS], [1010, "Salg", *TEN, 120]]
    path = merged(workbook(tmp_path, lines, name="x.xlsx"), "A1:A2", "B1:B2", "C1:N1", "O1:O2")
    assert amounts(path) == {("1010", (2026, month)): Decimal(10) for month in range(1, 13)}
    wrong = merged(
        workbook(tmp_path, [*lines[:2], [1010, "Salg", *TEN, 121]]),
        "A1:A2",
        "B1:B2",
        "C1:N1",
        "O1:O2",
    )
    assert "cell O3: found a total of 121.0000; expected 120.0000" in sentence(wrong)


def test_every_heading_merged_with_the_line_below(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADER, [], [1010, "", *TEN]])
    assert (
        len(amounts(merged(path, *[f"{column}1:{column}2" for column in "ABCDEFGHIJKLMN"]))) == 12
    )


def test_months_below_a_header_that_says_the_year_only(tmp_path: Path) -> None:
    """Read by the upper line alone, January's amount would be the year's."""
    lines = [["Konto", "Budget 2026"], [None, *MONTHS], [1010, *TEN]]
    assert (
        "cell B2: found “jan”, a heading below the header; expected one line of headings"
        in problems_of(workbook(tmp_path, lines))
    )


def problems_of(path: Path) -> str:
    return "\n".join(map(str, problems(path)))


# --- mappings -------------------------------------------------------------------------------------


def test_a_group_account_over_its_accounts(tmp_path: Path) -> None:
    lines = [
        ["Konto", "Koncernkonto", "Koncernkontonavn"],
        [1010, "R100", "Salg"],
        [1020, None, None],
        [1030, "R200", "Andet"],
    ]
    path = merged(workbook(tmp_path, lines), "B2:B3", "C2:C3")
    with read(path, Layout(kind="account_mapping")) as book:
        found = [(rule.low, rule.group_account, rule.group_name) for rule in book.mappings()]
    assert found == [("1010", "R100", "Salg"), ("1020", "R100", "Salg"), ("1030", "R200", "Andet")]
