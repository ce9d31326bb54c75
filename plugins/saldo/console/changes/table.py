"""The same changes as a file: CSV that spreadsheets open, never with a formula of somebody else's."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Any

from saldo.exports.texts import safe

COLUMNS = (
    "entry_number", "change", "changed_at", "run_id", "voucher_number", "old_voucher_number", "date", "old_date",
    "account_number", "old_account_number", "text", "old_text", "currency", "amount", "old_currency", "old_amount",
    "amount_base", "old_amount_base", "difference",
)  # fmt: skip


def as_csv(rows: Iterable[Any]) -> bytes:
    """With the mark by which Excel knows UTF-8; amounts with a point, instants in UTC."""
    into = StringIO(newline="")
    writer = csv.writer(into)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(getattr(row, name)) for name in COLUMNS] for row in rows)
    return into.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    return safe(value).text if isinstance(value, str) else value
