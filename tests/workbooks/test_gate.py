"""Files that are not opened, each with its own sentence."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from saldo.workbooks import Layout
from tests.workbooks.making import HEADER, TEN, amounts, edited, sentence, text_file, workbook

SHEET = "xl/worksheets/sheet1.xml"
OLE = bytes.fromhex("D0CF11E0A1B11AE1")


def good(folder: Path, name: str = "Budget 2026.xlsx") -> Path:
    return workbook(folder, [HEADER, [1010, "Salg", *TEN]], name=name)


def written(folder: Path, content: bytes, name: str = "Budget 2026.xlsx") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_an_empty_file(tmp_path: Path) -> None:
    assert sentence(written(tmp_path, b"")) == (
        "Found a file of 0 bytes; expected an Excel workbook (.xlsx or .xlsm). Upload the file again."
    )


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = written(tmp_path, b"PK\x03\x04" + bytes(1_200_000))
    assert "found a file of 1.2 MB; expected at most 1 MB" in sentence(
        path, Layout(max_mb=1)
    ).lower().replace("mb", "MB")


def test_an_old_workbook_with_a_new_name(tmp_path: Path) -> None:
    said = sentence(written(tmp_path, OLE + bytes(2000)))
    assert "a workbook of the old kind (.xls)" in said
    assert said.endswith("Open it in Excel and save it as Excel Workbook (.xlsx).")


def test_a_password(tmp_path: Path) -> None:
    said = sentence(written(tmp_path, OLE + bytes(900) + "EncryptedPackage".encode("utf-16-le")))
    assert "a workbook that is protected by a password" in said
    assert "Encrypt with Password" in said


def test_a_text_file_that_is_named_xlsx(tmp_path: Path) -> None:
    assert "no workbook, whatever its name says" in sentence(written(tmp_path, b"<html><table>"))


def test_a_file_that_is_cut_off(tmp_path: Path) -> None:
    path = good(tmp_path)
    path.write_bytes(path.read_bytes()[:3000])
    assert "a damaged workbook (it is cut off or not a zip file)" in sentence(path)


def test_a_file_with_a_damaged_sheet(tmp_path: Path) -> None:
    said = sentence(edited(good(tmp_path), SHEET, "</sheetData>", "</sheetDat>"))
    assert "Found a damaged workbook" in said
    assert "let Excel repair it" in said


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ("xl/workbook.bin", "a binary workbook (.xlsb)"),
        ("content.xml", "an OpenDocument file (.ods)"),
        ("word/document.xml", "a zip file with no workbook in it"),
    ],
)
def test_another_kind_of_zip(part: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / "Budget.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(part, "x")
    assert what in sentence(path)


@pytest.mark.parametrize("ending", [".xls", ".xlsb", ".ods", ".pdf"])
def test_another_ending(ending: str, tmp_path: Path) -> None:
    assert f"a file that ends in {ending}" in sentence(written(tmp_path, b"x", f"Budget{ending}"))


def test_a_workbook_that_is_named_csv(tmp_path: Path) -> None:
    path = good(tmp_path).rename(tmp_path / "Budget.csv")
    assert "a workbook that is named .csv" in sentence(path)


def test_a_zip_bomb(tmp_path: Path) -> None:
    path = good(tmp_path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", bytes(30_000_000))
    said = sentence(path)
    assert "unpacks to 30 MB" in said
    assert "packed more than 200 times" in said


def test_a_zip_of_too_many_parts(tmp_path: Path) -> None:
    path = good(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(2001):
            archive.writestr(f"xl/media/{number}", "")
    assert "parts; expected at most" in sentence(path)


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml"]
)
def test_an_xml_bomb(part: str, tmp_path: Path) -> None:
    path = with_shared_strings(good(tmp_path))
    with zipfile.ZipFile(path) as archive:
        root = archive.read(part).decode()
    start = root.index("<", root.index("?>") if root.startswith("<?xml") else 0)
    said = sentence(edited(path, part, root[start : start + 5], BOMB + root[start : start + 5]))
    assert said == (
        "Found XML entities, which no workbook of Excel has; expected a workbook made by Excel. "
        "Copy the table into a new workbook and upload that one."
    )


def with_shared_strings(path: Path) -> Path:
    """As Excel writes it: texts in a part of their own."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    edited(
        path, "[Content_Types].xml", "</Types>",
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>',
    )  # fmt: skip
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{main}"><si><t>Konto</t></si></sst>')
    return edited(path, SHEET, 't="inlineStr"><is><t>Konto</t></is>', 't="s"><v>0</v>')


def test_shared_strings(tmp_path: Path) -> None:
    assert len(amounts(with_shared_strings(good(tmp_path)))) == 12


def test_macros_are_left_alone(tmp_path: Path) -> None:
    path = good(tmp_path, "Budget 2026.xlsm")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", OLE)
    assert len(amounts(path)) == 12


def test_names_with_signs(tmp_path: Path) -> None:
    assert len(amounts(good(tmp_path, "Budget 🎄 #1 100% 2026.xlsx"))) == 12


def test_a_text_in_no_encoding(tmp_path: Path) -> None:
    path = written(tmp_path, b"Konto;M\xe5ned;Bel\xf8b\n1010;jan;\x81\n", "Budget 2026.csv")
    assert sentence(path) == (
        "Line 2: found bytes that are no text in utf-8 or cp1252; expected text in one encoding. "
        "Save it in Excel as CSV UTF-8."
    )


def test_strict_open_xml(tmp_path: Path) -> None:
    old = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    path = edited(
        good(tmp_path), "xl/workbook.xml", old, "http://purl.oclc.org/ooxml/spreadsheetml/main"
    )
    assert "a workbook of the kind Strict Open XML" in sentence(path)


def test_a_lying_csv_separator_is_not_guessed(tmp_path: Path) -> None:
    assert "no separator between the fields" in sentence(text_file(tmp_path, "Konto\n1010\n"))
