"""Account mappings: single numbers, lists, ranges, everything; contradictions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from saldo.workbooks import Layout, MappingRow, read
from tests.workbooks.making import problems, sentence, text_file, workbook
from tests.workbooks.resolving import resolve

MAPPING = Layout(kind="account_mapping")
HEADER = ["Selskab", "Konto", "Koncernkonto", "Koncernkontonavn", "Rapportlinje"]


def rules(path: Path) -> list[MappingRow]:
    with read(path, MAPPING) as book:
        return list(book.mappings())


def book(folder: Path, *lines: list[Any]) -> Path:
    return workbook(folder, [["Kontoplan"], HEADER, *lines])


def target(account: str, company: str, found: list[MappingRow]) -> str | None:
    rule = resolve(account, company, found)
    return rule.group_account if rule else None


def test_a_rule_as_it_is_written(tmp_path: Path) -> None:
    (rule,) = rules(book(tmp_path, ["nordlys", 1010.0, "R100", "Revenue", "Sales"]))
    assert rule == MappingRow("Ark1", "B3", "nordlys", "1010", "1010", "R100", "Revenue", "Sales")


def test_the_most_specific_rule_wins(tmp_path: Path) -> None:
    found = rules(
        book(
            tmp_path,
            ["n", "1000-1999", "A"], [None, "1300 – 1399", "B"], [None, "1310..1319", "C"], [None, 1315, "D"],
            [None, "2110; 2120,K5", "E"], [None, "*", "Z"], ["m", "1000 til 1999", "M"],
        )
    )  # fmt: skip
    accounts = ["1000", "1350", "1312", "1315", "2110", "2120", "K5", "9", "0100", "13150"]
    assert [target(one, "n", found) for one in accounts] == [
        "A",
        "B",
        "C",
        "D",
        "E",
        "E",
        "E",
        "Z",
        "Z",
        "Z",
    ]
    assert [target(one, "m", found) for one in ("1315", "2110")] == ["M", None]


def test_ranges_hold_accounts_of_their_own_length(tmp_path: Path) -> None:
    found = rules(book(tmp_path, ["n", "0100-0199", "A"], ["n", "100-199", "B"]))
    assert [target(one, "n", found) for one in ("0100", "100", "01000", "10A")] == [
        "A",
        "B",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([["n", 1010, "A"], ["n", "1010", "B"]], "account 1010 to B, which B3 maps to A; expected each account in one rule"),
        ([["n", 1010, "A"], ["n", 1010, "A"]], "account 1010 to A, which B3 maps to A"),
        ([["n", "1000-1099", "A"], ["n", "1050-1149", "B"]], "account 1050 to B, which B3 maps to A"),
        ([["n", "*", "A"], ["n", "*", "B"]], "account * to B"),
        ([["n", "1099-1000", "A"]], "the range “1099-1000”; expected two numbers of the same length"),
        ([["n", "900-1000", "A"]], "the range “900-1000”; expected two numbers of the same length"),
        ([["n", "alle", "A"]], "“alle”; expected an account, a list such as 2110;2120"),
        ([["n", 1010, None]], "cell C3: found an empty cell; expected a group account in every rule"),
        ([["n", None, "A"]], "cell B3: found an empty cell; expected an account in every rule"),
        ([["n", "#N/A", "A"]], "the error #N/A; expected a text or a whole number"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_or_says_nothing(
    lines: list[list[Any]], expected: str, tmp_path: Path
) -> None:
    assert expected in str(problems(book(tmp_path, *lines), MAPPING)[0])


def test_overlapping_ranges_of_unequal_width_do_not_contradict(tmp_path: Path) -> None:
    found = rules(book(tmp_path, ["n", "1000-1499", "A"], ["n", "1400-1599", "B"]))
    assert [target(one, "n", found) for one in ("1399", "1400")] == ["A", "B"]


def test_companies_do_not_contradict_each_other(tmp_path: Path) -> None:
    assert len(rules(book(tmp_path, ["n", 1010, "A"], ["m", 1010, "B"]))) == 2


def test_a_mapping_as_csv(tmp_path: Path) -> None:
    path = text_file(tmp_path, "Account;Group account\n1000-1999;R\n*;Z\n")
    assert [rule.cell for rule in rules(path)] == ["line 2, column 1", "line 3, column 1"]


def test_a_budget_is_no_mapping(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Konto", "Tekst"], [1010, "x"]])
    assert "columns for the account and for the group account" in sentence(path, MAPPING)


def test_a_mapping_without_rules(tmp_path: Path) -> None:
    assert "no line below the header; expected a line with an account and a group" in sentence(
        book(tmp_path), MAPPING
    )


def test_a_column_of_companies_that_is_not_there(tmp_path: Path) -> None:
    path = text_file(tmp_path, "Selskab;Konto;Koncernkonto\nnordlys;1;R\n")
    layout = Layout(kind="account_mapping", company_column="Ejer", scenario_column="Udgave")
    assert sentence(path, layout) == (
        "Line 1, column 1: found no column named “Ejer”; expected one with the company of each line, as the configuration says. "
        "Add the column, or correct the configuration (agreement_column)."
    )
