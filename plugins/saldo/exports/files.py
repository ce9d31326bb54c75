"""The files there are: the list, and one by its name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from saldo.warehouse.connection import Connection, read_sql, translated

from .choice import SQL
from .stores import Store


class ExportedFile(msgspec.Struct, rename="camel", frozen=True):
    """A registered file. mutated: how many of its documents are
    other ones now than in their newest logged file. is_missing: whether the store lacks it; None where it was not asked.
    """

    file_id: int
    name: str
    created_at: datetime
    created_by: str
    layout: str
    is_logged: bool
    is_again: bool
    documents: int
    rows: int
    bytes: int
    sha256: str
    path: str | None
    mutated: int
    first_created_at: datetime | None
    last_created_at: datetime | None
    first_invoice_date: date | None
    last_invoice_date: date | None
    note: str | None
    is_missing: bool | None = None


def files(
    connection: Connection,
    agreement_id: str,
    *,
    store: Store | None = None,
    before: int | None = None,
    most: int | None = None,
) -> list[ExportedFile]:
    """Files of an agreement, the newest first. store: it is asked once what it has, however many files there are. before:
    the file_id of the last one of the page before; most: how many, None for all. Raises what the store raises."""
    found = _select(connection, agreement_id, before=before, most=most)
    return found if store is None else with_missing(found, store)


def is_personal(connection: Connection, file: ExportedFile) -> bool:
    """Whether a document with a line on a personal account is in the file."""
    asked = {"file_id": file.file_id}
    with translated():
        [(found,)] = connection.execute(read_sql(SQL / "file_is_personal.sql"), asked).fetchall()
    return bool(found)


def with_missing(found: Sequence[ExportedFile], store: Store) -> list[ExportedFile]:
    """The same files, of which is known whether the store lacks them: by one listing of it."""
    if not found:
        return []
    there = store.listing()
    return [msgspec.structs.replace(file, is_missing=file.name not in there) for file in found]


def find_file(connection: Connection, agreement_id: str, name: str) -> ExportedFile | None:
    """The file of that name; None where the register has none, or not any more."""
    return next(iter(_select(connection, agreement_id, name=name)), None)


def _select(connection: Connection, agreement_id: str, **given: Any) -> list[ExportedFile]:
    parameters = {"agreement_id": agreement_id, "name": None, "before": None, "most": None, **given}
    with translated():
        rows = connection.execute(read_sql(SQL / "files.sql"), parameters).fetchall()
    return [ExportedFile(*row) for row in rows]
