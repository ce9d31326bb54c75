"""Tables that are refused: each trouble with its own sentence, and all wrong cells at once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from saldo.errors import ConfigError
from saldo.workbooks import Layout
from tests.workbooks.making import (
    HEADER,
    MONTHS,
    TEN,
    Y2026,
    amounts,
    edited,
    problems,
    sentence,
    workbook,
)


def one_row(folder: Path, *figures: object) -> Path:
    """A budget whose first months are these."""
    return workbook(folder, [HEADER, [1010, "Salg", *figures, *TEN[len(figures) :]]])


# --- cells ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("ca. 500", "“ca. 500”; expected an amount."),
        ("12,3,4", "“12,3,4”; expected an amount with a decimal point"),
        ("n/a", "“n/a”; expected an amount."),
        (True, "“True”; expected an amount."),
        (date(2026, 1, 5), "the date 2026-01-05; expected an amount. Format the cell as a number"),
        ("5 %", "“5 %”; expected an amount, not a percentage"),
        ("--5", "“--5”; expected an amount with one sign"),
        (10**15, "expected an amount of at most 15 digits"),
    ],
)
def test_what_is_no_amount(value: object, found: str, tmp_path: Path) -> None:
    said = sentence(one_row(tmp_path, value))
    assert said.startswith("Sheet 'Ark1', cell C2: found ")
    assert found in said


def test_an_error_of_a_formula(tmp_path: Path) -> None:
    assert sentence(one_row(tmp_path, "#REF!")) == (
        "Sheet 'Ark1', cell C2: found the error #REF!; expected an amount. "
        "Correct the formula in Excel and save the workbook."
    )


def test_a_formula_that_was_never_calculated(tmp_path: Path) -> None:
    assert sentence(one_row(tmp_path, "=A2*2")) == (
        "Sheet 'Ark1', cell C2: found the formula =A2*2 without a result; expected an amount. "
        "Open the workbook in Excel, let it calculate, and save it."
    )


def calculated(folder: Path, formula: str, value: str = "77.5", *, by_excel: bool = True) -> Path:
    """A workbook with a formula and its value, as Excel saves it, or as a program writes it."""
    path = one_row(folder, "=A2*2")
    if by_excel:
        edited(path, "xl/workbook.xml", ' fullCalcOnLoad="1"', "")
    new = f"<f>{formula}</f><v>{value}</v>"
    return edited(path, "xl/worksheets/sheet1.xml", "<f>A2*2</f><v />", new)


def test_a_formula_with_the_zero_that_programs_write(tmp_path: Path) -> None:
    said = sentence(calculated(tmp_path, "A2*2", "0", by_excel=False))
    assert "the formula =A2*2 without a result" in said


def test_a_calculated_formula_is_an_amount(tmp_path: Path) -> None:
    assert amounts(calculated(tmp_path, "A2*2"))["1010", (2026, 1)] == Decimal("77.5")


@pytest.mark.parametrize("formula", ["[1]Plan!$B$3", "SUM('[2]Plan 2026'!B3:B9)"])
def test_a_formula_that_looks_into_another_workbook(formula: str, tmp_path: Path) -> None:
    said = sentence(calculated(tmp_path, formula))
    assert f"the formula ={formula}, which takes its value from another workbook" in said
    assert "paste it as a value" in said


@pytest.mark.parametrize("formula", ["Table1[2026]+Plan!A1", "SUM(Table1[[#This Row],[2026]])"])
def test_a_column_of_a_table_is_not_another_workbook(formula: str, tmp_path: Path) -> None:
    assert amounts(calculated(tmp_path, formula))["1010", (2026, 1)] == Decimal("77.5")


def test_a_percent_format(tmp_path: Path) -> None:
    path = one_row(tmp_path, 0.25)
    book = load_workbook(path)
    book.active["C2"].number_format = "0.0%"
    book.save(path)
    assert "found the percentage 25 %; expected an amount. Write the amount itself" in sentence(
        path
    )


def test_margins_are_no_budget(tmp_path: Path) -> None:
    """A row of percentages without an account follows from others; with one, it would be a budget."""
    rows = [
        [1010, "Salg", *TEN],
        ["Dækningsgrad", "", *[0.25] * 12],
        [None, "DG", "25 %", *[None] * 11],
    ]
    path = workbook(tmp_path, [HEADER, *rows, [1020, "Varekøb", *TEN]])
    book = load_workbook(path)
    for cell in book.active[3][2:]:
        cell.number_format = "0 %"
    book.save(path)
    assert {account for account, _ in amounts(path)} == {"1010", "1020"}
    book.active["A3"] = 1099
    book.save(path)
    assert len(problems(path)) == 12


def test_a_row_of_totals_that_disagrees_with_itself(tmp_path: Path) -> None:
    header = [*HEADER, "I alt"]
    path = workbook(tmp_path, [header, [1010, "", *TEN, 120], ["Sum", "", *TEN, 119]])
    assert (
        "cell O3: found a total of 119.0000; expected 120.0000, the sum of its months"
        in sentence(path)
    )
    path = workbook(tmp_path, [header, [1010, "", *TEN, 120], ["Sum", "", *[None] * 12, 120]])
    assert len(amounts(path)) == 12


def test_amounts_that_can_be_read_in_two_ways(tmp_path: Path) -> None:
    path = one_row(tmp_path, "1.234")
    assert sentence(path) == (
        "Sheet 'Ark1', cell C2: found “1.234”; expected an amount that can be read in one way only. "
        "Write two decimals, such as 1.234,00, or say number_format in the configuration."
    )
    assert amounts(path, Layout(number_format="1.234,56"))["1010", (2026, 1)] == 1234
    assert amounts(path, Layout(number_format="1,234.56"))["1010", (2026, 1)] == Decimal("1.234")


def test_evidence_further_down_settles_earlier_amounts(tmp_path: Path) -> None:
    rows = [[1010, "", "1.234", *TEN[1:]], [1020, "", "5,5", *TEN[1:]]]
    found = amounts(workbook(tmp_path, [HEADER, *rows]))
    assert (found["1010", (2026, 1)], found["1020", (2026, 1)]) == (1234, Decimal("5.5"))


def test_a_thousand_beside_a_decimal_point(tmp_path: Path) -> None:
    path = one_row(tmp_path, "5.5", "1.234", "kr -2.345")
    assert [(one.cell, one.expected) for one in problems(path)] == [
        ("D2", "an amount that can be read in one way only"),
        ("E2", "an amount that can be read in one way only"),
    ]
    assert amounts(path, Layout(number_format="1,234.56"))["1010", (2026, 2)] == Decimal("1.234")


def test_a_decimal_comma_and_a_decimal_point_in_one_file(tmp_path: Path) -> None:
    said = sentence(one_row(tmp_path, "1.234,50", "12.5"))
    assert "cell D2: found “12.5”; expected an amount with a decimal comma" in said
    assert "Write all amounts of the file in the same way" in said


def test_two_currencies_in_one_file(tmp_path: Path) -> None:
    assert "“€ 5,50”; expected amounts in one currency, DKK" in sentence(
        one_row(tmp_path, "DKK 1,50", "€ 5,50")
    )
    assert len(amounts(one_row(tmp_path, "DKK 1,50", "kr. 5,50"))) == 12


def test_all_wrong_cells_are_listed_and_no_row_comes_after_the_first(tmp_path: Path) -> None:
    rows = [[1010 + n, "", *TEN[:n], "x", *TEN[n + 1 :]] for n in range(5)]
    found = problems(workbook(tmp_path, [HEADER, *rows]))
    assert [one.cell for one in found] == ["C2", "D3", "E4", "F5", "G6"]


# --- rows -------------------------------------------------------------------------------------------


def test_a_row_with_amounts_and_no_account(tmp_path: Path) -> None:
    said = sentence(workbook(tmp_path, [HEADER, [1010, "Salg", *TEN], [None, "Husleje", *TEN]]))
    assert "cell A3: found an empty cell beside amounts; expected the number of an account" in said


def test_words_for_an_account(tmp_path: Path) -> None:
    said = sentence(workbook(tmp_path, [HEADER, ["Salg", "", *TEN]]))
    assert "found “Salg” beside amounts; expected the number of an account" in said


def test_an_account_with_decimals(tmp_path: Path) -> None:
    found = problems(workbook(tmp_path, [HEADER, [1010.5, "", *TEN]]))
    assert "“1010.5”; expected a text or a whole number as account" in str(found[0])


def test_the_same_account_twice(tmp_path: Path) -> None:
    said = sentence(workbook(tmp_path, [HEADER, [1010, "", *TEN], ["1010", "", *TEN]]))
    assert (
        "cell A3: found the same account, department and month as in A2; expected each of them once"
        in said
    )


def test_the_same_account_twice_in_two_sheets(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADER, [1010, "", *TEN]], [HEADER, [1010, "", *TEN]])
    assert "as in sheet 'Ark1', A2" in sentence(path, Layout(sheet="Ark*"))


def test_a_total_of_the_year_that_disagrees(tmp_path: Path) -> None:
    path = workbook(tmp_path, [[*HEADER, "I alt"], [1010, "", *TEN, 121]])
    assert (
        "cell O2: found a total of 121.0000; expected 120.0000, the sum of its months"
        in sentence(path)
    )


def test_a_total_of_a_quarter_that_disagrees(tmp_path: Path) -> None:
    path = workbook(tmp_path, [[*HEADER, "1. kvartal", "Q4"], [1010, "", *TEN, 30, 31]])
    assert "cell P2: found a total of 31.0000; expected 30.0000" in sentence(path)


def test_a_numbered_total_that_is_none(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADER, [1010, "", *TEN], [1099, "Salg i alt", *[11] * 12]])
    assert "account 1099 with the text “Salg i alt”, whose amounts are not the sum" in sentence(
        path
    )


def test_a_line_of_totals_is_not_imported(tmp_path: Path) -> None:
    rows = [
        ["Indtægter"], [1010, "a", *TEN], [1020, "b", *TEN], [1099, "Indtægter i alt", *[20] * 12],
        ["Udgifter"], [2010, "c", *TEN], [None, "Sum udgifter", *TEN], [None, "Resultat", *[30] * 12], [None, None, *[30] * 12],
    ]  # fmt: skip
    assert {account for account, _ in amounts(workbook(tmp_path, [HEADER, *rows]))} == {
        "1010",
        "1020",
        "2010",
    }


def test_a_range_of_accounts_with_their_sum_is_a_total(tmp_path: Path) -> None:
    rows = [[1010, "a", *TEN], [1020, "b", *TEN], ["1010-1099", "Omsætning", *[20] * 12]]
    path = workbook(tmp_path, [HEADER, *rows])
    assert {account for account, _ in amounts(path)} == {"1010", "1020"}
    path = workbook(tmp_path, [HEADER, *rows, ["2010-10", "Løn i afdeling 10", *[7] * 12]])
    assert {account for account, _ in amounts(path)} == {"1010", "1020", "2010-10"}


# --- headings ---------------------------------------------------------------------------------------


def test_an_empty_sheet(tmp_path: Path) -> None:
    assert (
        "Sheet 'Ark1': found an empty sheet; expected a line with a column for the account"
        in sentence(workbook(tmp_path, [[]]))
    )


def test_a_header_without_lines(tmp_path: Path) -> None:
    said = sentence(workbook(tmp_path, [HEADER, [1010, "Salg"], ["Omsætning"]]))
    assert said.startswith(
        "Sheet 'Ark1': found no line below the header; expected a line with an account"
    )


def test_no_header(tmp_path: Path) -> None:
    assert "found no line of headings among the first 30" in sentence(
        workbook(tmp_path, [["Hej"], [1, 2]])
    )


def test_two_headers(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, [HEADER, [1010, "", *TEN], ["Konto", "Navn", *MONTHS], [1020, "", *TEN]]
    )
    assert "two lines that could both be the header: 1 and 3" in sentence(path)


def test_a_second_header_far_below(tmp_path: Path) -> None:
    rows = [[1000 + n, "", *TEN] for n in range(40)]
    other = ["Konto", "Tekst", *[f"{month} 2027" for month in MONTHS]]
    assert "cell A42: found a second header, with other headings" in sentence(
        workbook(tmp_path, [HEADER, *rows, other])
    )
    assert len(amounts(workbook(tmp_path, [HEADER, *rows, HEADER]))) == 480


def test_two_columns_for_the_account(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Konto", "Account", *MONTHS], [1010, 2, *TEN]])
    assert "“Account”, a second column that could hold the account (the first is A1)" in sentence(
        path
    )


def test_two_sheets_that_fit(tmp_path: Path) -> None:
    table = [HEADER, [1010, "", *TEN]]
    assert "2 sheets that could be it: “Ark1” and “Ark2”" in sentence(
        workbook(tmp_path, table, table)
    )


def test_a_hidden_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Noter"]], [HEADER, [1010, "", *TEN]])
    book = load_workbook(path)
    book["Ark2"].sheet_state = "veryHidden"
    book.save(path)
    assert "a hidden sheet, “Ark2”; expected a visible one" in sentence(path, Layout(sheet="ark2"))
    assert "no line of headings" in sentence(path)


def test_no_sheet_of_that_name(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADER, [1010, "", *TEN]])
    assert "no sheet named Budget*, but “Ark1”" in sentence(path, Layout(sheet="Budget*"))


def test_a_month_that_is_missing(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Konto", *MONTHS[:4], *MONTHS[5:]], [1010, *TEN[:11]]])
    assert "no column of 2026-05; expected the twelve months of one year" in sentence(path)


def test_a_month_at_the_end_that_is_missing(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Konto", *MONTHS[:11]], [1010, *TEN[:11]]])
    assert "11 months, 2026-01 to 2026-11" in sentence(path)


def test_a_month_twice(tmp_path: Path) -> None:
    path = workbook(tmp_path, [[*HEADER, "Mar 2026"], [1010, "", *TEN, 5]])
    assert "the second column of 2026-03 (the first is in E1)" in sentence(path)


def test_a_month_twice_in_a_hidden_column(tmp_path: Path) -> None:
    path = workbook(tmp_path, [[*HEADER, "Mar 2026"], [1010, "", *TEN, 5]])
    book = load_workbook(path)
    book.active.column_dimensions["O"].hidden = True
    book.save(path)
    assert "(the column is hidden)" in sentence(path)


def test_two_years(tmp_path: Path) -> None:
    header = ["Konto", *[f"{m} 2025" for m in MONTHS], *[f"{m} 2026" for m in MONTHS]]
    assert "24 months, 2025-01 to 2026-12" in sentence(
        workbook(tmp_path, [header, [1010, *TEN, *TEN]])
    )


def test_no_year(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADER, [1010, "", *TEN]], name="Budget.xlsx")
    assert "the heading “jan”; no year is said; expected a year in the headings" in sentence(path)
    assert len(amounts(path, Y2026)) == 12


def test_last_years_headings_in_a_copied_file(tmp_path: Path) -> None:
    header = ["Konto", *[f"{month} 2025" for month in MONTHS]]
    said = sentence(workbook(tmp_path, [header, [1010, *TEN]]))
    assert "months from 2025-01 to 2025-12; expected the year 2026, as the file's name says" in said


def test_a_sheet_that_contradicts_the_configuration(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADER, [1010, "", *TEN]], title="Budget 2025-")
    assert "expected the year 2025, as the sheet's name says" in sentence(path, Y2026)


def test_a_first_month_that_the_headings_do_not_begin_with(tmp_path: Path) -> None:
    header = ["Konto", *[f"{month} 2026" for month in MONTHS]]
    path = workbook(tmp_path, [header, [1010, *TEN]])
    assert "expected the year 2026-07, as the configuration" in sentence(
        path, Layout(fiscal_year="2026-07")
    )


def test_a_year_that_does_not_begin_in_january_needs_both_years(tmp_path: Path) -> None:
    header = ["Konto", *MONTHS[6:], *MONTHS[:6]]
    path = workbook(tmp_path, [header, [1010, *TEN]])
    assert "it may begin in either calendar year" in sentence(path)
    found = amounts(path, Layout(fiscal_year="2026/2027"))
    assert min(period for _, period in found) == (2026, 7)


@pytest.mark.parametrize(
    "text",
    ["Beløb i 1.000 kr.", "TNOK", "i tusinder", "(DKK 1.000)", "t.kr.", "in duizenden", "x 1000"],
)
def test_amounts_in_thousands_that_nobody_configured(text: str, tmp_path: Path) -> None:
    path = workbook(tmp_path, [[text], HEADER, [1010, "", *TEN]])
    said = sentence(path)
    assert f"cell A1: found “{text}”: amounts in 1000; expected amounts in 1" in said
    assert amounts(path, Layout(amounts_in=1000))["1010", (2026, 1)] == 10_000


def test_names_that_say_thousands(tmp_path: Path) -> None:
    table = [HEADER, [1010, "", *TEN]]
    assert "“Budget_2026_tkr”: amounts in 1000" in sentence(
        workbook(tmp_path, table, name="Budget_2026_tkr.xlsx")
    )
    assert "“Budget TNOK 1”: amounts in 1000" in sentence(
        workbook(tmp_path, table, title="Budget TNOK ")
    )


def test_a_format_that_shows_thousands_of_a_whole_amount(tmp_path: Path) -> None:
    path = one_row(tmp_path, 1_234_567.5)
    book = load_workbook(path)
    book.active["C2"].number_format = "#,##0,"
    book.save(path)
    assert amounts(path)["1010", (2026, 1)] == Decimal("1234567.5")
    said = sentence(path, Layout(amounts_in=1000))
    assert "1234567.5, which its format shows in thousands" in said


def test_a_month_over_budget_and_actual(tmp_path: Path) -> None:
    header = ["Konto", *[one for month in MONTHS for one in (month, None)]]
    path = workbook(
        tmp_path, [header, [None, *["Realiseret", "Budget"] * 12], [1010, *[7, 10] * 12]]
    )
    found = problems(path)
    assert "cell B2: found “Realiseret”, a heading below the header; expected one line" in str(
        found[0]
    )
    book = load_workbook(path)
    for column in range(2, 26, 2):
        book.active.merge_cells(start_row=1, end_row=1, start_column=column, end_column=column + 1)
    book.save(path)
    assert "the heading “jan”, merged over more than one column" in sentence(path)


def test_amounts_in_millions(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["MNOK"], HEADER, [1010, "", *TEN]])
    assert "amounts in 1000000; expected amounts in 1000" in sentence(path, Layout(amounts_in=1000))


# --- months as lines --------------------------------------------------------------------------------


def test_a_date_that_is_a_number(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Konto", "Måned", "Beløb"], [1010, 46023, 5]])
    assert (
        "“46023”; expected a month such as 2026-01 or Jan 2026; this looks like a date"
        in sentence(path)
    )


def test_a_line_without_a_month(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Konto", "Måned", "Beløb"], [1010, None, 5]])
    assert "cell B2: found an empty cell; expected a month" in sentence(path)


def test_a_month_of_another_year(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Konto", "Måned", "Beløb"], [1010, "2025-12", 5]])
    assert "“2025-12”; expected a month of the year 2026" in sentence(path)


def test_a_date_that_may_be_two_days(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Konto", "Måned", "Beløb"], [1010, "01/02/2026", 5]])
    assert "“01/02/2026”; expected a month" in sentence(path)


def test_a_line_without_its_scenario_or_company(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        [["Konto", "Selskab", "Scenario", *MONTHS], [1010, None, "A", *TEN], [1020, "X", "", *TEN]],
    )
    assert [one.cell for one in problems(path, Layout(company_column="Selskab"))] == ["B2", "C3"]
    # A column that nobody has named may be empty: there is an agreement for it.
    assert [one.cell for one in problems(path)] == ["C3"]


# --- the configuration ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "x"}, {"amounts_in": 7}, {"sign": "x"}, {"fiscal_year": "26"}, {"number_format": "x"},
        {"header": {"konto": ("x",)}}, {"max_mb": 0},
    ],
)  # fmt: skip
def test_a_layout_checks_itself(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Layout(**wrong)  # type: ignore[arg-type]
