"""Workbooks read back: every value as it was, texts that are no formulas, and what a sheet cannot hold told."""

from __future__ import annotations

import csv
import gc
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from saldo.errors import DataRejected
from saldo.exports import xlsx
from saldo.exports.layouts import Column, Layout, load_layouts
from saldo.exports.reading import NoWorkbook, rows_in
from saldo.exports.rows import FIELDS
from saldo.exports.texts import LONGEST, safe

from .papers import cells, written

PURCHASES = load_layouts()["purchases"]
EMPTY: dict[str, Any] = dict.fromkeys(FIELDS)
ROW = {
    **EMPTY, "agreement_number": "300000000000000001", "document_number": "412233445566778899",
    "reference": "000123", "state": "open", "date": date(2026, 2, 27), "due_date": date(2026, 3, 27),
    "paid_on": date(2026, 3, 1), "supplier_name": "Saïda de Vries", "supplier_code": "K-017", "currency": "USD",
    "quantity_text": "2 x", "quantity": Decimal("2.0"), "description": "Taxi", "account_name": "Reiskosten",
    "account_code": "46801.01", "vat_name": "21% btw", "vat_percent": Decimal("21.0"),
    "net_amount": Decimal("9.9500"), "tax_amount": Decimal("2.09"), "gross_amount": Decimal("12.0400"),
    "net_amount_base": Decimal("9.1540"), "tax_amount_base": Decimal("1.92"), "gross_amount_base": Decimal("11.0740"),
    "period_start": date(2026, 1, 1), "period_end": date(2026, 1, 31), "created_on": date(2026, 2, 27),
    "updated_on": date(2026, 2, 28),
}  # fmt: skip


def one(column: Mapping[str, Any], *values: Any) -> tuple[bytes, xlsx.Written]:
    """A workbook of one column, with these values of its field."""
    layout = Layout(
        id="one",
        title="One",
        sheet="One",
        columns=(Column.model_validate({"header": "h", **column}),),
    )
    name = column.get("value", "document_number")
    return written(layout, [{**EMPTY, name: value} for value in values])


def raw(content: bytes, part: str = "xl/worksheets/sheet1.xml") -> str:
    return zipfile.ZipFile(BytesIO(content)).read(part).decode()


def numbers(content: bytes) -> list[str]:
    """The digits of the cells, as they are written."""
    return re.findall(r"<v>([^<]*)</v>", raw(content))


def test_the_26_columns_hold_what_the_row_says() -> None:
    content, found = written(PURCHASES, [ROW])
    assert cells(content) == [
        {
            "id": "412233445566778899", "link": "link", "referentie": "000123", "status": "open",
            "datum": date(2026, 2, 27), "vervaldatum": date(2026, 3, 27), "contact": "Saïda de Vries",
            "contactnummer": "K-017", "valuta": "USD", "betaald op": date(2026, 3, 1), "aantal": "2 x",
            "aantal (decimaal)": 2, "omschrijving": "Taxi", "categorie": "Reiskosten", "categorienummer": 46801.01,
            "totaalprijs exclusief btw": 9.95, "btw-tarief": 21, "totaalprijs inclusief btw": 12.04,
            "totaalprijs exclusief btw (EUR)": 9.154, "totaalprijs inclusief btw (EUR)": 11.074,
            "btw-tarief naam": "21% btw", "btw": 1.92, "begin periode": date(2026, 1, 1),
            "eind periode": date(2026, 1, 31), "datum aanmaak": date(2026, 2, 27), "laatste update": date(2026, 2, 28),
        }
    ]  # fmt: skip
    assert (found.rows, found.documents, found.sentences()) == (1, 1, [])


def test_the_sheet_looks_as_offices_know_it() -> None:
    content, _ = written(PURCHASES, [ROW])
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    assert sheet.title == "Moblybird export"
    assert _widths(raw(content)) == [
        20, 10, 30, 10, 20, 20, 20, 10, 10, 20, 10, 10, 20, 20, 10, 10, 10, 10, 10, 10, 20, 10, 20, 20, 20, 20,
    ]  # fmt: skip
    assert [cell.value for cell in sheet[1] if not cell.font.b] == ["link"]
    assert not any(cell.font.b for cell in sheet[2])
    assert sheet["B2"].font.color.rgb == "FF00ACC2"
    link = sheet["B2"].hyperlink
    assert link.target == "https://moneybird.com/300000000000000001/documents/412233445566778899"
    assert link.tooltip == "Klik om naar Moneybird doc te gaan"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:Z2")
    assert (sheet["E2"].number_format, sheet["P2"].number_format) == ("yyyy-mm-dd", "#,##0.00")
    assert sheet["A2"].data_type == "s"


def _widths(sheet: str) -> list[int]:
    """In characters, as people set them: 5 pixels are added to what a file says."""
    found = re.findall(r'<col min="(\d+)" max="(\d+)" width="([\d.]+)"', sheet)
    return [
        int(float(width)) for first, last, width in found for _ in range(int(first), int(last) + 1)
    ]


def test_the_same_rows_are_the_same_bytes() -> None:
    first, second = (written(PURCHASES, [ROW] * 3)[0] for _ in range(2))
    assert first == second
    assert load_workbook(BytesIO(first)).properties.created.year == 2019


def test_nothing_is_empty_that_is_zero() -> None:
    zero = dict.fromkeys(
        ("net_amount", "vat_percent", "gross_amount", "tax_amount_base"), Decimal("0.0000")
    )
    [row] = cells(written(PURCHASES, [{**ROW, **zero}])[0])
    shown = ("totaalprijs exclusief btw", "btw-tarief", "totaalprijs inclusief btw", "btw")
    assert [row[name] for name in shown] == [0, 0, 0, 0]
    [row] = cells(written(PURCHASES, [{**ROW, "vat_percent": None}])[0])
    assert row["btw-tarief"] is None


def test_a_file_without_rows_has_its_header() -> None:
    content, found = written(PURCHASES, [])
    assert cells(content) == []
    assert found.rows == 0


@pytest.mark.parametrize("rows", [0, 1, 2, 5_000])
def test_rows_are_counted_in_the_file(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "f.xlsx"
    empty = {**ROW, "description": "</row> &lt;/row>"}
    path.write_bytes(written(PURCHASES, [empty] * rows)[0])
    assert rows_in(path, "Moblybird export") == rows
    with pytest.raises(NoWorkbook, match="Worksheet Other does not exist"):
        rows_in(path, "Other")


def test_a_file_that_was_cut_or_changed_is_no_workbook(tmp_path: Path) -> None:
    content, _ = written(PURCHASES, [ROW] * 100)
    path = tmp_path / "f.xlsx"
    path.write_bytes(content[:-100])
    with pytest.raises(NoWorkbook, match="BadZipFile"):
        rows_in(path, "Moblybird export")
    place = content.index(b"xl/worksheets/sheet1.xml") + 200
    path.write_bytes(content[:place] + bytes(20) + content[place + 20 :])
    with pytest.raises(NoWorkbook):
        rows_in(path, "Moblybird export")


# --- numbers -------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=50)
@given(st.lists(st.decimals("-99999999999", "99999999999", places=4), min_size=1, max_size=20))
@example([Decimal("9.95"), Decimal("0.1"), Decimal("-0.0000"), Decimal("0.1") + Decimal("0.2")])
def test_decimals_are_written_digit_by_digit(values: list[Decimal]) -> None:
    content, found = one({"value": "net_amount", "type": "money"}, *values)
    assert [Decimal(text) for text in numbers(content)] == values
    assert "-0.0000" not in numbers(content)
    assert found.sentences() == []


def test_a_number_with_too_many_digits_is_rounded_and_told() -> None:
    content, found = one(
        {"value": "exchange_rate", "type": "number"}, Decimal("0.12345678901234567"), Decimal("0.5")
    )
    assert numbers(content) == ["0.123456789012346", "0.5"]
    assert found.sentences() == [f"1 {xlsx.ROUNDED}"]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("4000", 4000), ("46801.01", 46801.01), ("0", 0), ("04000", "04000"), ("46801.10", "46801.10"),
        ("4000.", "4000."), ("1E3", "1E3"), ("١٢", "١٢"), ("412233445566778899", "412233445566778899"), ("KST", "KST"),
        ("-1", -1), ("-0", "'-0"), ("=1", "'=1"),
    ],
)  # fmt: skip
def test_a_code_is_a_number_only_where_that_says_the_same(code: str, shown: Any) -> None:
    [row] = cells(one({"value": "account_code", "type": "code"}, code)[0])
    assert row["h"] == shown
    assert type(row["h"]) is type(shown)


def test_dates_are_dates_and_those_excel_does_not_know_are_texts() -> None:
    days = [
        date(2026, 2, 28),
        date(9999, 12, 31),
        date(1900, 3, 1),
        date(1900, 2, 28),
        date(1, 1, 1),
    ]
    content, found = one({"value": "date", "type": "date"}, *days)
    assert [row["h"] for row in cells(content)] == [*days[:3], "1900-02-28", "0001-01-01"]
    assert found.notes[xlsx.OLD_DATE] == 2


# --- texts ---------------------------------------------------------------------------------------

FORMULAS = [
    "=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\n=1", "  =1+1", "\xa0=1", "＝1+1",
    '=HYPERLINK("http://evil.example","x")', "=cmd|'/c calc'!A1", "- los", "@naam", "\r=1", "\r\n@x", "-1", "\ufeff=1", "\u200b@x", "+31 6 12345678",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_a_text_here_and_after_saving_as_csv(text: str) -> None:
    content, found = one({"value": "description"}, text)
    kept = re.sub(r"\r\n?", "\n", text)
    [row] = cells(content)
    assert row["h"] == f"'{kept}"
    assert "<f>" not in raw(content)
    assert 't="inlineStr"' in raw(content)
    assert found.notes[xlsx.GUARDED] == 1
    saved = StringIO()
    csv.writer(saved).writerow([row["h"]])
    assert re.match("['\"]", saved.getvalue())


@pytest.mark.parametrize("text", ["1-2", "31 6 12345678", "a=b", "x@y.nl", "'=1", "2 x", "'"])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    content, found = one({"value": "description"}, text)
    assert cells(content) == [{"h": text}]
    assert found.sentences() == []


@pytest.mark.parametrize("text", ["<r>a & b</r>", "<r><t>x</t></r>", "<r></r>", "<r>\n</r>"])
def test_a_text_that_looks_like_xml_of_a_workbook_is_a_text(text: str) -> None:
    assert cells(one({"value": "description"}, text)[0]) == [{"h": f"'{text}"}]


def test_what_xml_cannot_hold_is_replaced_and_told() -> None:
    content, found = one(
        {"value": "description"}, "a\x00b\x0bc\ud800d\ufffee\x1b", "tab\there", "\ufffd"
    )
    assert [row["h"] for row in cells(content)] == ["a�b�c�d�e�", "tab\there", "�"]
    assert found.notes[xlsx.REPLACED] == 1


@pytest.mark.parametrize("sign", ["x", "é", "𝄞", "&", "'"])
def test_a_text_is_cut_where_a_cell_ends(sign: str) -> None:
    units = len(sign.encode("utf-16-le")) // 2
    fits, too_long = sign * (LONGEST // units), sign * (LONGEST // units + 1)
    content, found = one({"value": "description"}, fits, too_long)
    whole, cut = (row["h"] for row in cells(content))
    assert whole == fits
    assert cut.endswith("…")
    assert too_long.startswith(cut[:-1])
    assert LONGEST - 2 <= len(cut.encode("utf-16-le")) // 2 <= LONGEST
    assert found.notes[xlsx.CUT] == 1


_odd = st.text(
    st.one_of(
        st.characters(), st.sampled_from("=+-@\t\r\n'\"<>&_x0041_ \x00\x1f\ud83d\ufffe＝"),
        st.characters(categories=["Cs", "Cc"]),
    ),
    max_size=40,
)  # fmt: skip


def _unescaped(text: str) -> str:
    """As Excel reads it, and openpyxl does not."""
    return re.sub(r"_x([0-9A-F]{4})_", lambda match: chr(int(match[1], 16)), text)


@settings(deadline=None, max_examples=50)
@given(st.lists(_odd, min_size=1, max_size=10))
@example(["_x0041_", "a_x005F_b", " blanks ", "<r>", "</r>", "]]>", "&amp;"])
def test_any_text_comes_back_as_it_is_kept(texts: list[str]) -> None:
    content, found = one({"value": "description"}, *texts)
    for part in zipfile.ZipFile(BytesIO(content)).namelist():
        ElementTree.fromstring(raw(content, part))
    shown = [row["h"] for row in cells(content)] if texts else []
    kept = [safe(text) for text in texts]
    assert [_unescaped(text or "") for text in shown] == [one.text for one in kept]
    assert "<f>" not in raw(content)
    for text, (result, changes) in zip(texts, kept, strict=True):
        assert not re.match(r"\s*[=+@-]|[\t\n]", result)
        if not changes:
            assert result == text.replace("\r\n", "\n").replace("\r", "\n")
    assert found.rows == len(texts)


# --- what a sheet holds --------------------------------------------------------------------------


def test_links_beyond_what_a_sheet_takes_still_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_LINKS", 2)
    column = {
        "type": "link",
        "link": "https://x.example/{document_number}",
        "text": 'to "it"',
        "tooltip": "t",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        content, _ = one(column, "1", "2", 'a"&b')
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    assert [cell.hyperlink.target for (cell,) in sheet["A2:A3"]] == [
        f"https://x.example/{n}" for n in (1, 2)
    ]
    assert sheet["A4"].value == '=HYPERLINK("https://x.example/a%22%26b","to ""it""")'
    shown = load_workbook(BytesIO(content), data_only=True).worksheets[0]
    assert [cell.value for (cell,) in shown["A2:A4"]] == ['to "it"'] * 3


def test_a_link_is_no_formula_and_no_longer_than_excel_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    column = {"type": "link", "link": "https://x.example/{document_number}", "text": "=1+1"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        content, found = one(column, "1", "2" * 3000)
        monkeypatch.setattr(xlsx, "MOST_LINKS", 0)
        later, _ = one(column, "1" * 300)
    assert [row["link" if "link" in row else "h"] for row in cells(content)] == ["'=1+1"] * 2
    assert found.notes[xlsx.LONG_LINK] == 1
    assert "<f>" not in raw(later)


def test_the_library_takes_as_many_links_as_is_thought() -> None:
    """One more would be left out with a warning, and the file would be opened with a repair."""
    from xlsxwriter import Workbook

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sheet = Workbook(BytesIO(), {"constant_memory": True}).add_worksheet()
        sheet.hlink_count = xlsx.MOST_LINKS - 1
        assert sheet.write_url(0, 0, "https://x.example") == 0
        with pytest.raises(UserWarning, match="65,530"):
            sheet.write_url(1, 0, "https://x.example")


def test_a_link_that_lacks_a_part_is_left_out() -> None:
    content, _ = one({"type": "link", "link": "https://x.example/{document_number}"}, "1", None)
    assert [row["h"] or None for row in cells(content)] == ["link", None]


def test_more_rows_than_a_sheet_holds_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 4)
    assert one({"value": "description"}, "a", "b", "c")[1].rows == 3
    with pytest.raises(
        DataRejected, match="3 rows that a sheet holds below its header; choose fewer"
    ):
        one({"value": "description"}, "a", "b", "c", "d")


def test_trouble_while_rows_are_read_leaves_nothing_behind(tmp_path: Path) -> None:
    def failing() -> Iterator[dict[str, Any]]:
        yield ROW
        raise RuntimeError("the warehouse went away")

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        with (
            (tmp_path / "f.xlsx").open("wb") as into,
            pytest.raises(RuntimeError, match="went away"),
        ):
            xlsx.write_workbook(PURCHASES, failing(), into, folder=str(tmp_path))
        gc.collect()
    assert [path.name for path in tmp_path.iterdir()] == ["f.xlsx"]
    assert [str(one.message) for one in told if str(tmp_path) in str(one.message)] == []


def test_a_map_translates_and_leaves_out_what_it_does_not_know() -> None:
    column = {"value": "vat_name", "map": {"21% btw": "4", "btw": "=x"}}
    content, _ = one(column, "21% btw", "9% btw", None, "btw")
    assert [row["h"] or None for row in cells(content)] == ["4", None, None, "'=x"]
