"""The list of purchase documents, and what of each was exported when, in pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from saldo.warehouse.connection import Connection, read_sql, translated

from .choice import SQL, Filters, documents_sql

#: Entities whose records are purchase documents.
ENTITIES = ("purchase_invoices", "receipts")


class Mutation(msgspec.Struct, rename="camel", frozen=True):
    """One field that is another one now than in the newest logged file; values as in snapshots."""

    field_name: str
    old_value: Any
    new_value: Any


class Summary(msgspec.Struct, rename="camel", frozen=True):
    """A document. In JSON: id, type, createDate, invoiceDate, status, fileName, allFiles, mutations.

    status: the vendor's state, or `deleted`. file_name: the newest logged file it is in. all_files: the oldest first, also
    those that were not logged.
    """

    id: str
    type: str
    create_date: datetime | None
    invoice_date: date | None
    status: str
    file_name: str | None
    all_files: Sequence[str]
    mutations: Sequence[Mutation]


class Page(msgspec.Struct, rename={"documents": "list", "sync_date": "syncDate"}, frozen=True):
    """In JSON: list, syncDate, next. documents: in the order of their ids. sync_date: what the vendor had until then is
    in it; None where not all kinds of documents have been synced. next: `after` of the next page; None on the last
    one."""

    documents: list[Summary]
    sync_date: datetime | None
    next: str | None


def summaries(
    connection: Connection,
    agreement_id: str,
    filters: Filters = Filters(),  # noqa: B008 (frozen)
    *,
    after: str | None = None,
    most: int | None = 1000,
) -> Page:
    """A page of the documents that filters let through. after: the last id of the page before; most: how many
    documents (1 or more), None for all. Of deleted documents those that are in a file."""
    parameters = {
        **filters.parameters(),
        "agreement_id": agreement_id,
        "ids": None,
        "after": after,
        "most": None if most is None else most + 1,
    }
    with translated():
        rows = connection.execute(documents_sql(), parameters).fetchall()
        sync_date = synced_at(connection, agreement_id)
    is_last = most is None or len(rows) <= most
    found = [_summary(*row[:8]) for row in rows[:most]]
    return Page(found, sync_date, None if is_last else found[-1].id)


def synced_at(connection: Connection, agreement_id: str) -> datetime | None:
    """When the syncs began that the documents are as of; None where a kind of them never was synced."""
    row = connection.execute(
        read_sql(SQL / "synced_at.sql"),
        {"agreement_id": agreement_id, "entities": list(ENTITIES)},
    ).fetchone()
    return row[0] if row else None


def _summary(
    id: str, type: str, created_at: datetime | None, date: date | None, status: str, file_name: str | None,
    all_files: list[str], mutations: list[dict[str, Any]],
) -> Summary:  # fmt: skip
    changed = [Mutation(m["fieldName"], m["oldValue"], m["newValue"]) for m in mutations or ()]
    return Summary(id, type, created_at, date, status, file_name, all_files, changed)
