"""CSV files: encodings, separators, quotes; where something is wrong, line and column."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from saldo.errors import ConfigError
from saldo.workbooks import Csv, Layout
from tests.workbooks.making import amounts, problems, sentence, text_file

LONG = "Konto;Måned;Beløb\n1010;jan;1.234,50\n1020;feb;-7\n"
FOUND = {("1010", (2026, 1)): Decimal("1234.5"), ("1020", (2026, 2)): Decimal(-7)}


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"],
)
def test_encodings(encoding: str, tmp_path: Path) -> None:
    assert amounts(text_file(tmp_path, LONG, encoding=encoding)) == FOUND


def test_a_named_encoding(tmp_path: Path) -> None:
    path = text_file(tmp_path, LONG, encoding="cp865")
    assert "no line of headings" in sentence(path)
    assert amounts(path, Layout(csv=Csv(encoding="cp865"))) == FOUND
    with pytest.raises(ConfigError, match="knows no encoding nonsense"):
        amounts(path, Layout(csv=Csv(encoding="nonsense")))


_SAVED_AS = ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]


@pytest.mark.parametrize("said", ["auto", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("saved", _SAVED_AS)
def test_a_byte_order_mark_says_what_the_file_is(saved: str, said: str, tmp_path: Path) -> None:
    path = text_file(tmp_path, f"\ufeff{LONG}", encoding=saved)
    assert amounts(path, Layout(csv=Csv(encoding=said))) == FOUND


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_named_encoding_without_a_mark_is_what_is_named(encoding: str, tmp_path: Path) -> None:
    path = text_file(tmp_path, LONG, encoding=encoding)
    assert amounts(path, Layout(csv=Csv(encoding=encoding))) == FOUND


@pytest.mark.parametrize("encoding", ["auto", "utf-8"])
@pytest.mark.parametrize(
    "text",
    [
        f"\ufeff\ufeff{LONG}",
        f"\ufeffsep=;\n\ufeff{LONG}",
        f"\ufeffBudget 2026\n\ufeff{LONG}",
        LONG.replace("1020", "\ufeff1020"),
        LONG.replace("Konto", '\ufeff"Konto"').replace("1020", '\ufeff"1020"'),
        LONG.replace("\n", "\n\ufeff"),
    ],
    ids=["two", "below sep=", "below a title", "joined", "before quotes", "each line"],
)
def test_a_mark_in_the_middle_is_no_text(text: str, encoding: str, tmp_path: Path) -> None:
    path = text_file(tmp_path, text)
    assert amounts(path, Layout(csv=Csv(encoding=encoding))) == FOUND


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_separators(separator: str, tmp_path: Path) -> None:
    assert amounts(text_file(tmp_path, LONG.replace(";", separator))) == FOUND


def test_commas_between_fields_and_in_quoted_amounts(tmp_path: Path) -> None:
    text = 'Konto,Måned,Beløb\n1010,jan,"1.234,50"\n1020,feb,-7\n'
    assert amounts(text_file(tmp_path, text)) == FOUND


def test_a_decimal_comma_that_is_not_quoted(tmp_path: Path) -> None:
    said = sentence(text_file(tmp_path, "Konto,Måned,Beløb\n1010,jan,1234,50\n1020,feb,-7\n"))
    assert said == (
        "Line 2, column 1: found 4 fields; expected 3, as in the header. "
        "Put texts and amounts with the separator in them into quotes; write notes into another file."
    )


def test_the_line_that_excel_writes_for_itself(tmp_path: Path) -> None:
    assert amounts(text_file(tmp_path, "sep=|\n" + LONG.replace(";", "|"))) == FOUND
    assert "Line 3, column 3" in sentence(
        text_file(tmp_path, "sep=;\nKonto;Måned;Beløb\n1010;jan;x\n")
    )


def test_line_ends_of_windows(tmp_path: Path) -> None:
    assert amounts(text_file(tmp_path, LONG.replace("\n", "\r\n"))) == FOUND


def test_a_line_is_counted_where_it_begins(tmp_path: Path) -> None:
    text = 'Konto;Tekst;Måned;Beløb\n1010;"to\nlinjer";jan;5\n1020;a;feb;x\n'
    assert "Line 4, column 4: found “x”" in sentence(text_file(tmp_path, text))


def test_a_quote_that_is_never_closed(tmp_path: Path) -> None:
    said = sentence(text_file(tmp_path, 'Konto;Måned;Beløb\n1010;jan;5\n1020;"feb;6\n'))
    assert said.startswith("Line 3: found quotes that do not match")


def test_a_line_with_too_few_fields(tmp_path: Path) -> None:
    found = problems(text_file(tmp_path, LONG + "Udskrevet 3.11.2025\n1030;mar\n"))
    assert [(one.cell, one.found) for one in found] == [
        ("line 4, column 1", "1 field"),
        ("line 5, column 1", "2 fields"),
    ]


def test_empty_fields_too_many_do_no_harm(tmp_path: Path) -> None:
    assert amounts(text_file(tmp_path, LONG.replace("-7", "-7;;") + ";;\n\n")) == FOUND


def test_columns_without_a_header(tmp_path: Path) -> None:
    text = LONG.partition("\n")[2]
    layout = Layout(csv=Csv(columns=("Konto", "Måned", "Beløb")))
    assert amounts(text_file(tmp_path, text), layout) == FOUND


def test_a_separator_that_cannot_be_told(tmp_path: Path) -> None:
    text = "a;b,c\n1;2,3\n"
    assert "fields that could be separated by" in sentence(text_file(tmp_path, text))


def test_wrong_fields_are_counted_where_they_are_too_many_to_list(tmp_path: Path) -> None:
    lines = "".join(f"{number};jan;x\n" for number in range(1000, 2500))
    path = text_file(tmp_path, "Konto;Måned;Beløb\n" + lines)
    assert len(problems(path)) == 1000
    with pytest.raises(Exception, match="And 500 more like these"):
        amounts(path)


def test_leading_zeros_and_words_that_look_like_nothing(tmp_path: Path) -> None:
    text = "Konto;Afdeling;Måned;Beløb\n0100;NA;jan;5\n100;None;jan;6\n"
    path = text_file(tmp_path, text)
    assert amounts(path) == {("0100", (2026, 1)): 5, ("100", (2026, 1)): 6}


def test_months_as_columns(tmp_path: Path) -> None:
    months = ";".join(f"{month:02}-2026" for month in range(1, 13))
    found = amounts(text_file(tmp_path, f"Konto;{months}\n1010;{';'.join(['1,5'] * 12)}\n"))
    assert found == {("1010", (2026, month)): Decimal("1.5") for month in range(1, 13)}
