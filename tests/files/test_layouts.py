"""What a configuration says reaches the reader: each key by a file that is read otherwise without it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from saldo.files.configuration import FileConfiguration
from saldo.files.layouts import layout_of
from saldo.workbooks import Rejected, read
from saldo.workbooks.expense_words import HEAD, IGNORED, OF_A_LINE
from saldo.workbooks.layout import ROLES
from tests.files.test_configuration import of
from tests.workbooks.making import MONTHS, text_file, workbook

HEADER = ";".join(["Konto", *MONTHS])
LINE = ";".join(["1010", *["1"] * 12])
WIDE = f"{HEADER}\n{LINE}\n"
#: What the reader is not told: where files lie, whose they are, and who hears of them.
NOT_THE_READERS = {
    "organisation",
    "id",
    "source",
    "match",
    "agreement",
    "owner_mail",
    "enabled",
    "unknown",
    "when_gone",
}


def configured(**keys: Any) -> FileConfiguration:
    found = of(**({"agreement": None} if "agreement_column" in keys else {}), **keys)
    assert isinstance(found, FileConfiguration), found
    return found


def outcome(path: Path, **keys: Any) -> str:
    """The first row, or the first problem."""
    try:
        with read(path, layout_of(configured(**keys))) as book:
            if book.layout.kind == "account_mapping":
                rule = next(iter(book.mappings()))
                return " ".join((rule.low, rule.group_account, rule.group_name, rule.report_line))
            row = next(iter(list(book.rows())))
    except Rejected as error:
        return str(error.problems[0])
    year, month = row.period
    texts = (
        row.account, row.account_name, row.department, row.company, row.scenario, row.currency, f"{year}-{month:02}",
        f"{row.amount.normalize():f}",
    )  # fmt: skip
    return " ".join(text for text in texts if text)


#: keys, text of the file, its encoding, what comes of it.
CASES: list[tuple[dict[str, Any], str, str, str]] = [
    ({"kind": "account_mapping"}, "Konto;Koncernkonto\n1;R\n", "utf-8", "1 R  "),
    ({"amounts_in": 1000}, WIDE, "utf-8", "1010 budget 2026-01 1000"),
    ({"fiscal_year": 2024}, WIDE, "utf-8", "1010 budget 2024-01 1"),
    ({"fiscal_year": "2025-07"}, "Konto;Måned;Beløb\n1;jul;5\n", "utf-8", "1 budget 2025-07 5"),
    ({"fiscal_year": "column"}, f"År;{HEADER}\n2023;{LINE}\n", "utf-8", "1010 budget 2023-01 1"),
    ({"scenario": "forecast"}, WIDE, "utf-8", "1010 forecast 2026-01 1"),
    ({"scenario_column": "Udgave"}, f"Udgave;{HEADER}\nlav;{LINE}\n", "utf-8", "1010 lav 2026-01 1"),
    ({"scenario_column": "Udgave"}, WIDE, "utf-8", "Line 1, column 1: found no column named “Udgave”; expected one with"),
    ({"agreement_column": "Ejer"}, f"Ejer;{HEADER}\nnordlys;{LINE}\n", "utf-8", "1010 nordlys budget 2026-01 1"),
    ({"agreement_column": "Ejer"}, f"Selskab;{HEADER}\nnordlys;{LINE}\n", "utf-8", "Line 1, column 1: found no column named “Ejer”"),
    ({"agreement_column": "Ejer"}, f"Selskab;Ejer;{HEADER}\na;b;{LINE}\n", "utf-8", "1010 b budget 2026-01 1"),
    ({"number_format": "1,234.56"}, "Konto;Måned;Beløb\n1;2026-01;1.234\n", "utf-8", "1 budget 2026-01 1.234"),
    ({"number_format": "1.234,56"}, "Konto;Måned;Beløb\n1;2026-01;1.234\n", "utf-8", "1 budget 2026-01 1234"),
    ({"csv": {"encoding": "cp865"}}, f"Konto;Afdeling;{';'.join(MONTHS)}\n1;Øst;{';'.join('1' * 12)}\n", "cp865", "1 Øst budget 2026-01 1"),
    ({"csv": {"separator": "^"}}, WIDE.replace(";", "^"), "utf-8", "1010 budget 2026-01 1"),
    ({"csv": {"columns": ["Konto", "Måned", "Beløb"]}}, "1;2026-02;7\n", "utf-8", "1 budget 2026-02 7"),
    ({"max_mb": 1}, WIDE + f"{' ' * 1024}\n" * 1024, "utf-8", "Found a file of 1.1 MB; expected at most 1 MB"),
]  # fmt: skip

#: Keys of `header`: a file with such a column, and its row.
_HEADINGS = {
    "account": ("K?;Måned;Beløb\n1;2026-03;9", "1 budget 2026-03 9"),
    "department": ("Konto;K?;Måned;Beløb\n1;Øst;2026-03;9", "1 Øst budget 2026-03 9"),
    "month": ("Konto;K?;Beløb\n1;2026-03;9", "1 budget 2026-03 9"),
    "amount": ("Konto;Måned;K?\n1;2026-03;9", "1 budget 2026-03 9"),
    "year": ("Konto;Måned;K?;Beløb\n1;3;2022;9", "1 budget 2022-03 9"),
    "scenario": ("Konto;K?;Måned;Beløb\n1;lav;2026-03;9", "1 lav 2026-03 9"),
    "text": ("Konto;K?;Måned;Beløb\n1;Salg;2026-03;9", "1 Salg budget 2026-03 9"),
    "company": ("Konto;K?;Måned;Beløb\n1;nordlys;2026-03;9", "1 nordlys budget 2026-03 9"),
    "currency": ("Konto;K?;Måned;Beløb\n1;DKK;2026-03;9", "1 budget DKK 2026-03 9"),
    "group_account": ("Konto;K?\n1;R", "1 R  "),
    "group_name": ("Konto;Koncernkonto;K?\n1;R;Salg", "1 R Salg "),
    "report_line": ("Konto;Koncernkonto;K?\n1;R;Top", "1 R  Top"),
}


@pytest.mark.parametrize(("keys", "text", "encoding", "expected"), CASES)
def test_each_key_reaches_the_reader(
    tmp_path: Path, keys: dict[str, Any], text: str, encoding: str, expected: str
) -> None:
    path = text_file(tmp_path, text, encoding=encoding)
    assert expected in outcome(path, match="*.csv", **keys)
    assert expected not in outcome(path, match="*.csv")


@pytest.mark.parametrize("key", _HEADINGS)
def test_each_heading_reaches_the_reader(tmp_path: Path, key: str) -> None:
    text, expected = _HEADINGS[key]
    kind = "account_mapping" if key in ("group_account", "group_name", "report_line") else "budget"
    year = {"fiscal_year": "column"} if key == "year" else {}
    path = text_file(tmp_path, f"{text}\n")
    assert outcome(path, match="*.csv", kind=kind, header={key: ["K?"]}, **year) == expected
    assert outcome(path, match="*.csv", kind=kind, **year) != expected


def test_a_sheet_by_its_name(tmp_path: Path) -> None:
    table = [["Konto", *MONTHS], [1010, *[1] * 12]]
    path = workbook(tmp_path, table, table)
    assert "2 sheets that could be it" in outcome(path)
    assert outcome(path, sheet="Ark2") == "1010 budget 2026-01 1"
    assert outcome(path, sheet="Ark2", scenario="sheet_name") == "1010 Ark2 2026-01 1"


def test_the_sign_is_handed_on() -> None:
    assert layout_of(configured(sign="ledger")).sign == "ledger"
    assert layout_of(configured()).sign == "natural"


def test_a_year_in_two_calendar_years(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Konto", *MONTHS[6:], *MONTHS[:6]], [1, *range(12)]], name="x.xlsx")
    assert outcome(path, fiscal_year="2025/2026") == "1 budget 2025-07 0"
    assert "no year is said" in outcome(path)


def test_no_key_is_forgotten() -> None:
    tried = {key for keys, *_ in CASES for key in keys} | {"sheet", "sign", "header"}
    assert tried | NOT_THE_READERS == set(FileConfiguration.model_fields)
    header = set(FileConfiguration.model_fields["header"].annotation.model_fields)  # type: ignore[union-attr]
    assert header == set(_HEADINGS) | {*HEAD, *OF_A_LINE, IGNORED}
    said = layout_of(configured(header={key: ["x"] for key in header})).header
    assert set(said) == set(ROLES) - {
        "text"
    }  # that of expenses, too, is called so in configurations


def test_amounts_are_exact(tmp_path: Path) -> None:
    path = text_file(tmp_path, "Konto;Måned;Beløb\n1;2026-03;0,1\n")
    with read(path, layout_of(configured(match="*.csv", amounts_in=1_000_000))) as book:
        assert [row.amount for row in book.rows()] == [Decimal("100000.0000")]
