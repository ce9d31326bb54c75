"""Many agreements from a table: every error with its row and column, and nothing by halves."""

from __future__ import annotations

from pathlib import Path

import pytest

from saldo.agreements.drafts import Draft
from saldo.agreements.table import drafts
from saldo.errors import ConfigError
from saldo.vendors import entity_names

HEADER = "id,name,vendor,connection,schedule,timezone,start_date"
GOOD = "aa,Aa ApS,economic,economic_aa,0 3 * * *,Europe/Copenhagen,2024-01-01"


def read(folder: Path, *lines: str, encoding: str = "utf-8") -> list[Draft]:
    path = folder / "t.csv"
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return drafts(path, directory=folder, vendors=entity_names())


def told(folder: Path, *lines: str, encoding: str = "utf-8") -> str:
    with pytest.raises(ConfigError) as raised:
        read(folder, *lines, encoding=encoding)
    return str(raised.value)


def test_a_row_is_an_agreement(tmp_path: Path) -> None:
    (found,) = read(tmp_path, HEADER, GOOD)
    assert found.agreement.name == "Aa ApS"
    assert found.path == tmp_path / "aa.yaml"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_as_spreadsheets_write_it(tmp_path: Path, separator: str, encoding: str) -> None:
    lines = [f"{HEADER},alerts.to", GOOD.replace("Aa ApS", "Øresund Å/S") + ",x@example.com", ""]
    turned = [line.replace(",", separator) for line in lines]
    (found,) = read(tmp_path, *turned, encoding=encoding)
    assert found.agreement.name == "Øresund Å/S"
    assert found.agreement.alerts.to == ("x@example.com",)


def test_quoted_cells_hold_separators_and_lines(tmp_path: Path) -> None:
    row = GOOD.replace("Aa ApS", '"Aa, ""Bb"" & Co"') + ',"accounts,entries"'
    (found,) = read(tmp_path, f"{HEADER},entities", row)
    assert found.agreement.name == 'Aa, "Bb" & Co'
    assert found.agreement.entities == ("accounts", "entries")


def test_every_error_of_every_row_is_told(tmp_path: Path) -> None:
    bad = "Bb,,navision,x,0 3 * * *,Europe/Kopenhagen,1.1.2024"
    said = told(tmp_path, HEADER, GOOD, "", bad, GOOD)
    assert said.startswith("6 error(s), nothing was written:")
    for words in (
        "t.csv, row 4, column id: 'Bb' is not an id",
        "t.csv, row 4, column name: is missing",
        "t.csv, row 4, column vendor: 'navision' is unknown",
        "t.csv, row 4, column timezone: 'Europe/Kopenhagen' is no timezone",
        "t.csv, row 4, column start_date: must be a date such as 2024-01-31, not '1.1.2024'",
        "t.csv, row 5, column id: 'aa' is in row 2 already",
    ):
        assert words in said


def test_columns_that_are_no_keys(tmp_path: Path) -> None:
    said = told(tmp_path, HEADER + ",nmae,id,grant_token", GOOD + ",x,y,hush")
    assert "column nmae: unknown" in said
    assert "column id: is there twice" in said
    assert "column grant_token: is no key of an agreement; secrets belong in the Airflow" in said
    assert "hush" not in said


def test_missing_columns(tmp_path: Path) -> None:
    said = told(tmp_path, "id,name", "aa,Aa")
    for column in ("vendor", "connection", "schedule", "timezone", "start_date"):
        assert f"row 1, column {column}: is missing" in said


def test_a_row_with_too_many_cells(tmp_path: Path) -> None:
    assert "row 2: has 8 cells for 7 columns" in told(tmp_path, HEADER, GOOD.replace("Aa", "A, a"))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([""], "is empty"),
        ([HEADER], "has no rows"),
        ([HEADER, GOOD + ',"x'], "line 2: is no readable CSV"),
    ],
)
def test_what_is_no_table(tmp_path: Path, lines: list[str], words: str) -> None:
    assert words in told(tmp_path, *lines)


def test_files_that_are_no_text(tmp_path: Path) -> None:
    assert "no text in UTF-8" in told(tmp_path, HEADER, GOOD.replace("Aa", "Å"), encoding="cp1252")
    with pytest.raises(ConfigError, match="No such file"):
        drafts(tmp_path / "none.csv", directory=tmp_path, vendors=entity_names())


def test_two_hundred_rows(tmp_path: Path) -> None:
    rows = [GOOD.replace("aa", f"aa{n}") for n in range(200)]
    assert len(read(tmp_path, HEADER, *rows)) == 200
