"""A bookkeeper's way through the console: what is new, a file of it, the file in Excel, and the file taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page

from saldo.warehouse.connection import Connection
from tests.exports.support import Books

from .looking import assert_good


def counts(page: Page) -> tuple[int, int]:
    """Not exported and changed since, by invoice date, of all days."""
    cells = page.locator("section[aria-labelledby=left] tbody tr").last.locator("td")
    return int(cells.nth(0).inner_text()), int(cells.nth(1).inner_text())


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_bookkeeper_exports_purchases(
    visit: Callable[..., Page], books: Books, warehouse: Connection, tmp_path: Path, scripts: bool
) -> None:
    warehouse.execute(
        "truncate core.purchase_document, core.purchase_document_line, core.purchase_document_export, ops.export_file, "
        "ops.export_file_document, ops.audit"
    )
    for number in range(1, 7):
        books.write(str(number), (("4000", f"{number}00"), ("4100", "20.50")), day=number * 10)
    page = visit("/purchases", user="ada", scripts=scripts)
    page.get_by_role("link", name="shop").click()
    assert counts(page) == (6, 0)

    # Filters: what was invoiced in January.
    page.get_by_label("Invoice date from").fill("2026-01-01")
    page.get_by_label("Invoice date to").fill("2026-01-31")
    page.locator("form.filters").get_by_role("button", name="Show").click()
    boxes = page.locator("input[name=ids]")
    assert boxes.count() == 3
    assert "invoiceTo=2026-01-31" in page.url

    # Two of the three, by their boxes.
    page.get_by_label("Choose 1", exact=True).check()
    page.get_by_label("Choose 3", exact=True).check()
    if scripts:
        assert page.inner_text("[data-count]") == "2"
    page.get_by_label("those ticked above").check()
    page.get_by_label("End of the file's name").fill("january")
    assert_good(page, f"walk-chosen-{scripts}") if scripts else None
    page.get_by_role("button", name="Export to Excel").click()
    name = page.inner_text("h1")
    assert name.endswith("-january.xlsx")
    assert "The file is made." in page.inner_text("#alerts")

    # In Excel: a row for each line.
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download Excel").click()
    path = tmp_path / "downloaded.xlsx"
    begun.value.save_as(path)
    assert begun.value.suggested_filename == name
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == ["1", "1", "3", "3"]
    assert [float(row[15]) for row in rows] == [100, 20.5, 300, 20.5]  # type: ignore[arg-type]

    # The counts go down; one that changes at the vendor comes back as changed, with what it was.
    page.locator(".crumbs").get_by_role("link", name="shop").click()
    assert counts(page) == (4, 0)
    books.write("3", (("4000", "250"),), day=30)
    page.reload()
    assert counts(page) == (4, 1)
    page.get_by_role("link", name="1 changed since by invoice date, all").click()
    page.locator("summary").click()
    changed = page.locator("form#export details").inner_text()
    assert "320.50" in changed
    assert "250.00" in changed

    # The list of files says so, too; the file is deleted, and all is as it was.
    page.get_by_role("link", name="Files", exact=True).last.click()
    assert page.locator("tbody tr td").nth(2).inner_text() == "1"
    assert_good(page, "walk-files") if scripts else None
    page.get_by_role("link", name=name, exact=True).click()
    if scripts:
        page.get_by_role("button", name="Delete the file").click()
        dialog = page.get_by_role("dialog")
        assert "2 documents" in dialog.inner_text()
        assert_good(page, "walk-delete")
        dialog.get_by_role("button", name="Delete the file").click()
    else:
        page.get_by_role("button", name="Delete the file now").click()
    assert "The file is deleted." in page.inner_text("#alerts")
    page.get_by_role("link", name="Documents", exact=True).click()
    assert counts(page) == (6, 0)
    done = warehouse.execute(
        "select actor, action, detail ->> 'file' from ops.audit order by audit_id"
    ).fetchall()
    assert done == [
        ("ada", what, name)
        for what in ("purchases exported", "export file opened", "export deleted")
    ]
