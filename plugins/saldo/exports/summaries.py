"""The list of purchase documents, and what of each was exported when, in pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
from psycopg import sql

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
    all_files: list[str]
    mutations: list[Mutation]


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
    filters: Filters | None = None,
    *,
    after: str | None = None,
    most: int | None = 1000,
) -> Page:
    """See `summaries_json`: the same, as objects."""
    text = summaries_json(connection, agreement_id, filters, after=after, most=most)
    return msgspec.json.decode(text, type=Page)


def summaries_json(
    connection: Connection,
    agreement_id: str,
    filters: Filters | None = None,
    *,
    after: str | None = None,
    most: int | None = 1000,
) -> bytes:
    """A page of the documents that filters let through, as JSON, which Postgres makes: 50,000 documents in a fifth of a
    second. after: the last id of the page before; most: how many documents (1 or more), None for all. Of deleted
    documents those that are in a file are among them."""
    statement = sql.SQL(read_sql(SQL / "list.sql")).format(documents=documents_sql())
    parameters = {
        **(filters or Filters()).parameters(),
        "agreement_id": agreement_id,
        "ids": None,
        "after": after,
        "most": None if most is None else most + 1,
    }
    with translated():
        rows = connection.execute(statement, parameters).fetchall()
        sync_date = synced_at(connection, agreement_id)
    is_last = most is None or len(rows) <= most
    end = {"syncDate": sync_date, "next": None if is_last else rows[:most][-1][1]}
    listed = ",".join(document for document, _ in rows[:most])
    return b'{"list":[' + listed.encode() + b"]," + msgspec.json.encode(end)[1:]


def synced_at(connection: Connection, agreement_id: str) -> datetime | None:
    """When the syncs began that the documents are as of; None where a kind of them never was synced."""
    row = connection.execute(
        read_sql(SQL / "synced_at.sql"),
        {"agreement_id": agreement_id, "entities": list(ENTITIES)},
    ).fetchone()
    return row[0] if row else None
