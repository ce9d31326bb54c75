"""The copy with marked cells, opened again as a person would open it."""

from __future__ import annotations

import tracemalloc
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment

from saldo.workbooks import Layout, Problem, marked, marked_copy, read
from saldo.workbooks.book import Book
from tests.workbooks.making import HEADER, TEN, Y2026, edited, problems, text_file, workbook

BAD = "FFFFC7CE"


def copied(path: Path, found: Sequence[Problem], into: Path, **more: Any) -> Workbook:
    copy = marked_copy(path, found, into, **more)
    assert copy is not None
    assert copy.suffix == ".xlsx"
    return load_workbook(copy)


def coloured(sheet: Any) -> set[str]:
    return {
        cell.coordinate
        for line in sheet.iter_rows()
        for cell in line
        if cell.fill.fgColor.rgb == BAD
    }


def listed(book: Workbook) -> list[tuple[str, ...]]:
    """The lines of the list, with what each links to."""
    found = []
    for line in book.worksheets[0].iter_rows(min_row=1):
        link = line[1].hyperlink
        texts = [cell.value or "" for cell in line[:5]]
        if line[2].value:
            found.append((*texts, link.location if link else ""))
    assert found[0][:5] == ("Sheet", "Cell", "Found", "Expected", "What to do")
    return found[1:]


def test_wrong_cells_are_marked_and_listed_in_the_order_of_the_sheets(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        [HEADER, [1010, "=not a formula?", "soon", *TEN[1:]], [1020, "Løn", *TEN[:11], "#"]],
        [["Note"]],
        title="Ole's ark ",
    )
    found = problems(path, Y2026)
    assert {problem.cell for problem in found} == {"C2", "N3"}
    whole_sheet = Problem("Ole's ark 1", "", "a sheet", "another", "Look at it")
    whole_file = Problem("", "", "a file", "another", "Look at it")
    book = copied(path, [*reversed(found), whole_sheet, whole_file], tmp_path, more=7)
    assert book.sheetnames == ["Saldo", "Ole's ark 1", "Ole's ark 2"]
    sheet = book["Ole's ark 1"]
    assert coloured(sheet) == {"C2", "N3"}
    for problem in found:
        said = sheet[problem.cell].comment.text
        assert problem.found in said
        assert problem.expected in said
        assert problem.remedy in said
    assert sheet["C2"].value == "soon"
    lines = listed(book)
    assert [line[1] for line in lines] == ["the file", "the sheet", "C2", "N3"]
    assert [line[5] for line in lines] == [
        "", "'Ole''s ark 1'!A1", "'Ole''s ark 1'!C2", "'Ole''s ark 1'!N3",
    ]  # fmt: skip
    texts = [cell.value for cell in book["Saldo"]["A"] if cell.value]
    assert texts[0] == "What is wrong in Budget 2026.xlsx"
    assert texts[-1] == "And 7 more like these."
    assert [one.sheet_view.tabSelected for one in book.worksheets] == [True, False, False]


def test_the_corrected_copy_is_accepted(tmp_path: Path) -> None:
    """Whoever corrects the copy and uploads it by mistake has done no harm."""
    path = workbook(tmp_path, [HEADER, [1010, "Salg", "soon", *TEN[1:]]])
    copy = marked_copy(path, problems(path, Y2026), tmp_path)
    assert copy is not None
    book = load_workbook(copy)
    book["Ark1"]["C2"] = 10
    book.save(copy)
    edited(copy, "xl/workbook.xml", ' fullCalcOnLoad="1"', "")  # as Excel saves it
    with read(copy, Y2026) as opened:
        assert isinstance(opened, Book)
        assert [row.amount for row in opened.rows()] == TEN


def test_texts_are_texts_and_formulas_stay_formulas(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADER, [1010, "Salg", "=1+1", *TEN[1:]]])
    odd = [
        Problem("Ark1", "C2", start + "cmd|' /C calc'!A0\x00\x1b\ud800", "an amount", "@SUM(A1)")
        for start in ("=", "+", "-", "@", "\t=")
    ]
    book = copied(path, [*odd, Problem("Ark1", "D2", "=" * 5000, "=1", "=2")], tmp_path)
    assert book["Ark1"]["C2"].value == "=1+1"
    assert book["Ark1"]["C2"].data_type == "f"
    cells = [cell for line in book["Saldo"].iter_rows() for cell in line if cell.value]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells if cell.value[0] in "=+-@\t")
    assert sum(cell.quotePrefix for cell in cells) >= 12
    assert book["Ark1"]["C2"].comment.text.count("cmd|") == 5


def test_merged_hidden_and_commented_cells_and_ranges(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADER, [1010, "Salg", *TEN], [], [1020, "Løn", *TEN]])
    made = load_workbook(path)
    sheet = made.active
    sheet.merge_cells("B2:C3")
    sheet["B2"].comment = Comment("Ask Anna", "Bo")
    sheet.row_dimensions[4].hidden = True
    sheet.column_dimensions.group("D", "F", hidden=True)
    sheet.title = "Saldo"
    made.save(path)
    found = [
        Problem("Saldo", cell, "this", "that", "Do")
        for cell in ("C3", "E4", "G2:H4", "A1:XFD9", "D7 or so", "ZZZ9999999", "A0")
    ]
    found.append(Problem("Gone", "A1", "this", "that", "Do"))
    book = copied(path, found, tmp_path)
    assert book.sheetnames == ["Saldo1", "Saldo"]
    sheet = book["Saldo"]
    assert sheet["B2"].comment.text.startswith("Ask Anna\n\nFound this")
    assert sheet["E4"].comment
    assert not sheet.row_dimensions[4].hidden
    assert not sheet.column_dimensions["D"].hidden
    assert {"B2", "E4", "G2", "H4"} <= coloured(sheet)
    assert len(coloured(sheet)) < 2000
    assert {line[1]: line[5] for line in listed(book)} == {
        "C3": "'Saldo'!C3", "E4": "'Saldo'!E4", "G2:H4": "'Saldo'!G2:H4", "A1:XFD9": "'Saldo'!A1:XFD9",
        "D7 or so": "'Saldo'!A1", "ZZZ9999999": "'Saldo'!A1", "A0": "'Saldo'!A1", "A1": "",
    }  # fmt: skip


def test_a_workbook_with_macros_becomes_one_without(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADER, [1010, "Salg", "soon", *TEN[1:]]]).rename(
        tmp_path / "Budget 2026.xlsm"
    )
    edited(
        path, "[Content_Types].xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )  # fmt: skip
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macros")
    copy = marked_copy(path, problems(path, Y2026), tmp_path)
    assert copy is not None
    with zipfile.ZipFile(copy) as archive:
        assert not [name for name in archive.namelist() if "vba" in name]
        types = archive.read("[Content_Types].xml").decode()
    assert "macroEnabled" not in types
    assert "spreadsheetml.sheet.main+xml" in types


def test_of_a_large_workbook_the_lines_that_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [[n, "Salg", *TEN] for n in range(1000, 1200)]
    lines[150][5], lines[40][1] = "soon", "=text"
    path = workbook(tmp_path, [["A note"]], [HEADER, *lines])
    made = load_workbook(path)
    made["Ark2"]["B42"].data_type = "s"
    made.save(path)
    found = problems(path, Layout(fiscal_year=2026, sheet="Ark2"))
    assert [problem.cell for problem in found] == ["F152"]
    monkeypatch.setattr("saldo.workbooks.weight.MAX_CELLS", 2000)
    book = copied(path, [*found, Problem("Ark2", "B42", "x", "y", "z")], tmp_path)
    assert book.sheetnames == ["Saldo", "Ark2"]
    sheet = book["Ark2"]
    assert [cell.value for cell in sheet[1]] == HEADER
    assert coloured(sheet) == {"B42", "F152"}
    assert [cell.value for cell in sheet[152]][:6] == [1150, "Salg", 10, 10, 10, "soon"]
    assert (sheet["B42"].value, sheet["B42"].data_type) == ("=text", "s")
    filled = [line[0].row for line in sheet.iter_rows() if line[0].value is not None]
    assert filled == [*range(1, 31), 42, 152]
    assert [line[5] for line in listed(book)] == ["'Ark2'!B42", "'Ark2'!F152"]
    assert "the first 30 lines" in book["Saldo"]["A3"].value


def test_cells_that_only_a_range_makes_do_not_fill_the_memory(tmp_path: Path) -> None:
    for ending in (
        '<mergeCells count="1"><mergeCell ref="A5:XFD1048576"/></mergeCells>',
        '<hyperlinks><hyperlink ref="A5:XFD1048576" location="A1"/></hyperlinks>',
    ):
        path = workbook(tmp_path, [HEADER, [1010, "Salg", "soon", *TEN[1:]]])
        edited(path, "xl/worksheets/sheet1.xml", "</sheetData>", f"</sheetData>{ending}")
        tracemalloc.start()
        book = copied(path, [Problem("Ark1", "C2", "x", "y", "z")], tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert coloured(book["Ark1"]) == {"C2"}
        assert peak < 20_000_000


def test_what_openpyxl_cannot_keep_is_copied_in_part(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADER, [1010, "Salg", "soon", *TEN[1:]]])
    made = load_workbook(path)
    made.active["A1"].comment = Comment("x", "y")
    made.save(path)
    edited(path, "xl/comments/comment1.xml", "</comments>", "")
    book = copied(path, problems(path, Y2026), tmp_path)
    assert coloured(book["Ark1"]) == {"C2"}
    assert "the first 30 lines" in book["Saldo"]["A3"].value


def test_what_cannot_be_opened_has_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = workbook(tmp_path, [HEADER, [1010, "Salg", *TEN]])
    problem = Problem("Ark1", "C2", "x", "y", "z")
    broken = tmp_path / "Broken.xlsx"
    broken.write_bytes(good.read_bytes()[:-200])
    old = tmp_path / "Old.xlsx"
    old.write_bytes(
        bytes.fromhex("D0CF11E0A1B11AE1") + b"EncryptedPackage".decode().encode("utf-16-le")
    )
    bomb = workbook(tmp_path, [HEADER], name="Bomb.xlsx")
    edited(
        bomb, "xl/worksheets/sheet1.xml", "<worksheet",
        '<!DOCTYPE w [<!ENTITY a "b">]><worksheet',
    )  # fmt: skip
    text = text_file(tmp_path, "no separator")
    for path in (broken, old, bomb, text, tmp_path / "missing.xlsx"):
        assert marked_copy(path, [problem], tmp_path) is None, path
    monkeypatch.setattr(marked, "MAX_COPY", 1000)
    assert marked_copy(good, [problem], tmp_path) is None
    assert not (tmp_path / "marked.xlsx").exists()


def test_csv_shows_its_lines_behind_their_numbers(tmp_path: Path) -> None:
    text = "\r\n".join([";".join(HEADER), '1010;"Salg;=A1";=soon;' + ";".join("0123456789X"), ""])
    path = text_file(tmp_path, text, encoding="utf-16")
    found = problems(path, Y2026)
    assert [problem.cell for problem in found] == ["line 2, column 3", "line 2, column 14"]
    book = copied(path, [*found, Problem("", "line 1", "a", "b", "c")], tmp_path)
    assert book.sheetnames == ["Saldo", "Lines"]
    sheet = book["Lines"]
    assert coloured(sheet) == {"A1", "D2", "O2"}
    assert [cell.value for cell in sheet[2]][:5] == [2, "1010", "Salg;=A1", "=soon", "0"]
    assert sheet["D2"].data_type == "s"
    assert found[0].found in sheet["D2"].comment.text
    assert [line[5] for line in listed(book)] == ["'Lines'!A1", "'Lines'!D2", "'Lines'!O2"]


def test_of_a_long_csv_the_lines_around_and_one_that_cannot_be_read(tmp_path: Path) -> None:
    lines = [";".join(HEADER), *(f"{n};Salg;" + ";".join("1" * 12) for n in range(1000, 4000))]
    lines[2500] = lines[2500].replace(";1;", ";soon;", 1)
    lines[2900] = '3900;"Salg" of;' + ";".join("1" * 12)
    path = text_file(tmp_path, "\n".join(lines))
    found = problems(path, Y2026)
    assert [problem.cell for problem in found] == ["line 2501, column 3", "line 2901"]
    book = copied(path, found, tmp_path)
    sheet = book["Lines"]
    shown = [*range(1, 31), *range(2499, 2504), 2899, 2900, 2901]
    assert [cell.value for cell in sheet["A"]] == shown
    assert coloured(sheet) == {"D33", "A38"}
    assert sheet["B38"].value == lines[2900]


def test_a_thousand_problems_are_marked_and_the_rest_is_counted(tmp_path: Path) -> None:
    line = ["Salg", "soon", *TEN[1:]]
    path = workbook(tmp_path, [HEADER, *([n, *line] for n in range(1000, 2000))])
    found = problems(path, Y2026)
    book = copied(path, [*found, *found[:5]], tmp_path)
    assert len(listed(book)) == len(found) == 1000
    assert book["Saldo"].max_row == 1005
    assert book["Saldo"]["A1005"].value == "And 5 more like these."
    assert len(coloured(book["Ark1"])) == 1000
