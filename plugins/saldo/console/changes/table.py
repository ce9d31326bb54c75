"""What else a posting was coded as, in words; and all changes as a file: CSV that spreadsheets open, never with a formula of
somebody else's."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Any

from saldo.exports.texts import safe

COLUMNS = (
    "entry_number", "change", "changed_at", "run_id", "voucher_number", "old_voucher_number", "date", "old_date",
    "account_number", "old_account_number", "text", "old_text", "currency", "amount", "old_currency", "old_amount",
    "amount_base", "old_amount_base", "difference", "vat_code", "old_vat_code", "project_number", "old_project_number",
    "customer_number", "old_customer_number", "supplier_number", "old_supplier_number", "invoice_number", "old_invoice_number",
    "due_date", "old_due_date",
)  # fmt: skip
#: What has no column of the page's -> its words.
_ALSO = {
    "vat_code": "VAT code", "project_number": "Project", "customer_number": "Customer", "supplier_number": "Supplier",
    "invoice_number": "Invoice", "due_date": "Due",
}  # fmt: skip


def also(row: Any) -> list[tuple[str, str, str]]:
    """What else of a changed posting is another: in words, what it was, what it is."""
    if row.change != "changed":
        return []
    found = (
        (words, getattr(row, f"old_{name}"), getattr(row, name)) for name, words in _ALSO.items()
    )
    return [(words, _said(old), _said(new)) for words, old, new in found if old != new]


def as_csv(rows: Iterable[Any]) -> bytes:
    """With the mark by which Excel knows UTF-8; amounts with a point, instants in UTC."""
    into = StringIO(newline="")
    writer = csv.writer(into)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(getattr(row, name)) for name in COLUMNS] for row in rows)
    return into.getvalue().encode("utf-8-sig")


def _said(value: Any) -> str:
    return "—" if value is None else str(value)


def _cell(value: Any) -> Any:
    return safe(value).text if isinstance(value, str) else value
