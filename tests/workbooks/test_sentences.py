"""Every trouble that people are told of has a sentence of its own, whole: where, what, what instead, what to do."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from saldo.workbooks import Layout
from saldo.workbooks.gate import kind_of
from tests.workbooks.making import HEADER, MONTHS, TEN, amounts, edited, sentence, workbook
from tests.workbooks.test_bad_tables import calculated, one_row
from tests.workbooks.test_gate import BOMB, OLE, SHEET, good, written

_WHOLE = "the twelve months of one year, each in a column of its own"
_LONG = ["Konto", "Måned", "Beløb"]


def _bomb(folder: Path) -> Path:
    return edited(good(folder), SHEET, "<work", f"{BOMB}<work")


def _zip_bomb(folder: Path) -> Path:
    path = good(folder)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", bytes(30_000_000))
    return path


def _large(folder: Path) -> Path:
    path = written(folder, b"PK\x03\x04")
    with path.open("r+b") as file:
        file.truncate((50 << 20) + 1)
    return path


#: What is wrong -> a file with it, and the sentence its owner reads.
TROUBLES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a corrupt file": (
        lambda folder: edited(good(folder), SHEET, "</sheetData>", "</sheetDat>"),
        "Found a damaged workbook; expected an Excel workbook (.xlsx or .xlsm). Open it in Excel, let Excel repair it, save "
        "it and upload it again.",
    ),
    ".xls named .xlsx": (
        lambda folder: written(folder, OLE + bytes(2000)),
        "Found a workbook of the old kind (.xls); expected an Excel workbook (.xlsx or .xlsm). Open it in Excel and save it as Excel "
        "Workbook (.xlsx).",
    ),
    "a zip bomb": (
        _zip_bomb,
        "Found a workbook that unpacks to 30 MB in 10 parts; expected at most 600 MB, and no part that is packed more than 200 times. "
        "Copy the table into a new workbook and upload that one.",
    ),
    "an XML bomb": (
        _bomb,
        "Found XML entities, which no workbook of Excel has; expected a workbook made by Excel. Copy the table into a new workbook and "
        "upload that one.",
    ),
    "a password": (
        lambda folder: written(folder, OLE + "EncryptedPackage".encode("utf-16-le")),
        "Found a workbook that is protected by a password; expected one that opens without. In Excel: File, Info, Protect Workbook, "
        "Encrypt with Password; empty the field and save.",
    ),
    "a link to another workbook": (
        lambda folder: calculated(folder, "[1]Plan!$B$3"),
        "Sheet 'Ark1', cell C2: found the formula =[1]Plan!$B$3, which takes its value from another workbook; expected an amount. Copy "
        "the cell and paste it as a value: the other workbook may have changed since.",
    ),
    "an empty sheet": (
        lambda folder: workbook(folder, [[]]),
        "Sheet 'Ark1': found an empty sheet; expected a line with a column for the account (such as Konto, Account, Rekening) and one for "
        "each month, or columns for month and amount. Write the headings above the figures, or name yours under `header` in the "
        "configuration.",
    ),
    "two headers": (
        lambda folder: workbook(folder, [HEADER, [1010, "", *TEN], ["Konto", "Navn", *MONTHS]]),
        "Sheet 'Ark1', cell A3: found two lines that could both be the header: 1 and 3; expected one. Move the second table to a sheet of "
        "its own.",
    ),
    "the same account, department and month twice": (
        lambda folder: workbook(folder, [HEADER, [1010, "", *TEN], [1010, "", *TEN]]),
        "Sheet 'Ark1', cell A3: found the same account, department and month as in A2; expected each of them once. Add the two up, or "
        "delete the one that is too many.",
    ),
    "the same in lines": (
        lambda folder: workbook(folder, [_LONG, [7, "jan", 5], [8, "jan", 5], [7, "2026-01", 5]]),
        "Sheet 'Ark1', cell A4: found the same account, department and month as in A2; expected each of them once. Add the two up, or "
        "delete the one that is too many.",
    ),
    "text in an amount": (
        lambda folder: one_row(folder, "ca. 500"),
        "Sheet 'Ark1', cell C2: found “ca. 500”; expected an amount. Write a number, or leave the cell empty.",
    ),
    "a date where an amount belongs": (
        lambda folder: one_row(folder, date(2026, 5, 1)),
        "Sheet 'Ark1', cell C2: found the date 2026-05-01; expected an amount. Format the cell as a number and write the amount again.",
    ),
    "a date read as a number": (
        lambda folder: workbook(folder, [_LONG, [1010, 46023, 5]]),
        "Sheet 'Ark1', cell B2: found “46023”; expected a month such as 2026-01 or Jan 2026; this looks like a date without the format of "
        "a date. Write month and year, or format the cell as a date.",
    ),
    "a month missing": (
        lambda folder: workbook(folder, [["Konto", *MONTHS[:4], *MONTHS[5:]], [1010, *TEN[:11]]]),
        f"Sheet 'Ark1', cell B1: found no column of 2026-05; expected {_WHOLE}. Add the missing months, with empty cells where there is no "
        "budget; put another year on a sheet of its own.",
    ),
    "a month twice": (
        lambda folder: workbook(folder, [[*HEADER, "Mar"], [1010, "", *TEN, 5]]),
        "Sheet 'Ark1', cell O1: found the heading “Mar”, the second column of 2026-03 (the first is in E1); expected every month once. "
        "Delete the column that is too many, or rename its heading.",
    ),
    "no year": (
        lambda folder: workbook(folder, [HEADER, [1010, "", *TEN]], name="Budget.xlsx"),
        "Sheet 'Ark1', cell C1: found the heading “jan”; no year is said; expected a year in the headings, in the sheet's or the file's "
        "name, or in the configuration. Write the year, such as “Jan 2026”; of a year that does not begin in January name both, such as "
        "2025/2026.",
    ),
    "more than 50 MB": (
        _large,
        "Found a file of 50.1 MB; expected at most 50 MB. Take out pictures and sheets that are not needed, or ask for a higher max_mb.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("trouble", TROUBLES)
def test_each_trouble_has_its_sentence(trouble: str, tmp_path: Path) -> None:
    make, expected = TROUBLES[trouble]
    assert sentence(make(tmp_path)) == expected


def test_no_two_troubles_share_a_sentence() -> None:
    wanted = {name: text.replace("A4", "A3") for name, (_, text) in TROUBLES.items()}
    assert wanted.pop("the same in lines") in wanted.values()
    assert len(set(wanted.values())) == len(wanted)


def test_fifty_megabytes_are_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "Budget.csv"
    path.touch()
    with path.open("r+b") as file:
        file.truncate(50 << 20)
    assert kind_of(path, max_mb=50) == "csv"


@pytest.mark.parametrize(
    "name",
    [
        "Budget 🎄 #1 100% 2026",
        "Budget %23 2026 & møn",
        "#2026%",
        'Bud\'get "2026"',
        "Budget\u00a02026",
    ],
)
def test_names_with_emoji_and_signs_are_read_and_told_as_they_are(
    name: str, tmp_path: Path
) -> None:
    table = [HEADER, [1010, "", *TEN]]
    assert len(amounts(workbook(tmp_path, table, name=f"{name}.xlsx"))) == 12
    wrong = workbook(
        tmp_path, [["Konto", *[f"{m} 2024" for m in MONTHS]], [1010, *TEN]], name=f"{name}.xlsx"
    )
    assert "expected the year 2026, as the file's name says" in sentence(wrong, Layout())
