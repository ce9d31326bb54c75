"""What a company holds: tables of records, each with a version its ETag is made of.

A record is a dict that is replaced, never changed, so that what a transaction did can be taken back. Fields that begin with "_" are not
shown. Ids and moments follow from the company and from how much was done in it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from .fields import Row

_BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
#: What is looked up by value: found without reading the whole table.
_INDEXED: dict[str, tuple[str, ...]] = {
    "accounts": ("number",),
    "vendors": ("number",),
    "employees": ("number",),
    "dimensions": ("code",),
    "journals": ("code",),
    "journalLines": ("journalId", "externalDocumentNumber", "documentNumber", "_place"),
    "generalLedgerEntries": ("documentNumber",),
    "purchaseInvoices": ("vendorInvoiceNumber", "number"),
    "purchaseInvoiceLines": ("documentId",),
    "dimensionValues": ("dimensionId",),
    "dimensionSetLines": ("parentId",),
    "attachments": ("parentId",),
    "documentAttachments": ("parentId",),
}


@dataclass
class Settings:
    """What the company's people set, and how it behaves where the vendor's word is missing.

    posting_from, posting_to: the allowed range ("0001-01-01" is no bound). requires_vendor_number: of purchase
    invoices. keeps_invoice_id: whether a purchase invoice keeps its id when it is posted. batch_goes_on: whether a
    failure inside a $batch lets the rest go on. page: records a page. replica_lag: how many of the last changes a read
    with `Data-Access-Intent: ReadOnly` does not know yet. takes_inner_dimensions: whether lines are made with dimensions inside.
    renumbers: whether journals have a posting number series, which gives what is posted another document number. totals_come_late: whether the answer to a new invoice
    has no totals yet.
    """

    posting_from: str = "2024-01-01"
    posting_to: str = "0001-01-01"
    requires_vendor_number: bool = True
    keeps_invoice_id: bool = False
    batch_goes_on: bool = False
    page: int = 20_000
    replica_lag: int = 20
    takes_inner_dimensions: bool = True
    renumbers: bool = False
    totals_come_late: bool = False


@dataclass
class Ledger:
    """id, name, display_name: of the company; today: what a journal line without a date gets."""

    id: str
    name: str
    display_name: str
    currency: str
    today: str
    settings: Settings = field(default_factory=Settings)
    tables: dict[str, dict[str, Row]] = field(default_factory=dict)
    serial: int = 0
    #: Of the newest entry of the general ledger.
    entries: int = 0
    #: Writes that are still refused, as somebody else has locked the tables.
    locked: int = 0
    #: From which day on posting is allowed as soon as somebody posts next; "" is never.
    closes_on_post: str = ""
    _index: dict[tuple[str, str], dict[Any, dict[str, None]]] = field(default_factory=dict)
    _undo: list[tuple[str, str, Row | None]] | None = None

    # --- reading ---------------------------------------------------------------------------------

    def rows(self, table: str, **equal: Any) -> Iterator[Row]:
        """Those with these values, in the order they were made."""
        found = self.tables.get(table, {})
        quick = next((name for name in equal if name in _INDEXED.get(table, ())), None)
        ids = self._index.get((table, quick), {}).get(equal[quick], {}) if quick else found
        for id in list(ids):
            row = found[id]
            if all(row.get(name) == value for name, value in equal.items()):
                yield row

    def one(self, table: str, **equal: Any) -> Row | None:
        return next(self.rows(table, **equal), None)

    def newest(self, table: str, name: str, value: Any) -> Row | None:
        """Of those with this value of an indexed field, the one that was made last."""
        ids = self._index.get((table, name), {}).get(value, {})
        return self.tables[table][next(reversed(ids))] if ids else None

    def by_id(self, table: str, id: str) -> Row | None:
        return self.tables.get(table, {}).get(id)

    # --- writing ---------------------------------------------------------------------------------

    def new_id(self, table: str) -> str:
        self.serial += 1
        return str(uuid5(UUID(self.id), f"{table}/{self.serial}"))

    def add(self, table: str, row: Row, *, id: str = "") -> Row:
        made = {**row, "id": id or self.new_id(table), "_version": 1}
        return self._store(table, made)

    def change(self, table: str, row: Row, **values: Any) -> Row:
        now = {**self.tables[table][row["id"]], **values}
        version = self.tables[table][row["id"]]["_version"] + 1
        return self._store(table, {**now, "_version": version})

    def remove(self, table: str, row: Row) -> None:
        self._replace(table, row["id"], None)

    def _store(self, table: str, row: Row) -> Row:
        self.serial += 1
        row["_serial"] = self.serial
        if "lastModifiedDateTime" in row:
            row["lastModifiedDateTime"] = self.moment()
        self._replace(table, row["id"], row)
        return row

    def moment(self) -> str:
        at = _BEGAN + timedelta(milliseconds=10 * self.serial)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _replace(self, table: str, id: str, row: Row | None) -> None:
        rows = self.tables.setdefault(table, {})
        before = rows.get(id)
        if self._undo is not None:
            self._undo.append((table, id, before))
        for name in _INDEXED.get(table, ()):
            index = self._index.setdefault((table, name), {})
            if before is not None and (row is None or row.get(name) != before.get(name)):
                index.get(before.get(name), {}).pop(id, None)
            if row is not None:
                index.setdefault(row.get(name), {})[id] = None
        if row is None:
            rows.pop(id, None)
        else:
            rows[id] = row

    # --- transactions ----------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is done inside is taken back when it raises; what posting has committed is not. One inside another is
        part of it."""
        if self._undo is not None:
            mark = len(self._undo)
            try:
                yield
            except Exception:
                self._roll_back(mark)
                raise
            return
        self._undo = []
        try:
            yield
        except Exception:
            self._roll_back(0)
            raise
        finally:
            self._undo = None

    def commit(self) -> None:
        """As posting routines do: what was done until now stays."""
        if self._undo is not None:
            self._undo.clear()

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What somebody else does meanwhile: no part of the transaction."""
        undo, self._undo = self._undo, None
        try:
            yield
        finally:
            self._undo = undo

    def _roll_back(self, mark: int) -> None:
        undo, self._undo = self._undo or [], None
        for table, id, row in reversed(undo[mark:]):
            self._replace(table, id, row)
        self._undo = undo[:mark]


def etag_of(row: Row) -> str:
    """Of a record as it is now."""
    told = f"{row['id'][:8]};{row['_version']};00;"
    return f'W/"{base64.b64encode(told.encode()).decode()}"'
