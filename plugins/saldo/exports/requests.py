"""Exports that were asked for and are made by the DAG saldo_exports: rows of ops.export_request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from saldo.errors import SaldoError
from saldo.warehouse.connection import Connection

#: The DAG that makes them.
DAG_ID = "saldo_exports"
#: The entity under which a try of one is recorded in ops.sync_run, as of its agreement.
ENTITY = "purchases_export"
#: In a request: what its file is made for, where the caller gave an Idempotency-Key.
KEY = "madeFor"
#: No run takes longer.
_LONGEST = "1 day"
#: What is said of one whose run was ended.
KILLED = "The run was ended before the file was made; the log of its task tells more. Ask again."
_COLUMNS = (
    "request_id, agreement_id, actor, asked_at, request, status, run_id, file_name, documents, rows, error_family, "
    "error_message, finished_at"
)


@dataclass(frozen=True)
class ExportRequest:
    """A row of ops.export_request. request: as the route takes it (JSON)."""

    request_id: UUID
    agreement_id: str
    actor: str
    asked_at: datetime
    request: dict[str, Any]
    status: str
    run_id: str | None
    file_name: str | None
    documents: int | None
    rows: int | None
    error_family: str | None
    error_message: str | None
    finished_at: datetime | None

    @property
    def made_for(self) -> str:
        """What its file is made for (ops.export_file)."""
        return str(self.request.get(KEY) or f"request {self.request_id}")


def ask(connection: Connection, agreement_id: str, request: Mapping[str, Any], actor: str) -> UUID:
    """Write down what is asked for. Returns its number."""
    request_id = uuid4()
    connection.execute(
        "insert into ops.export_request (request_id, agreement_id, actor, asked_at, request) "
        "values (%s, %s, %s, clock_timestamp(), %s)",
        [request_id, agreement_id, actor, Jsonb(dict(request))],
    )
    return request_id


def find(connection: Connection, request_id: UUID) -> ExportRequest | None:
    """The row; None where there is none."""
    with connection.cursor(row_factory=class_row(ExportRequest)) as cursor:
        return cursor.execute(
            f"select {_COLUMNS} from ops.export_request where request_id = %s".encode(),
            [request_id],
        ).fetchone()


def queued(connection: Connection, request_id: UUID, run_id: str) -> None:
    """A run will make it."""
    connection.execute(
        "update ops.export_request set run_id = %s where request_id = %s", [run_id, request_id]
    )


def begin(connection: Connection, request_id: UUID, run_id: str) -> None:
    """Somebody works on it."""
    connection.execute(
        "update ops.export_request set status = 'running', run_id = %s where request_id = %s",
        [run_id, request_id],
    )


def done(
    connection: Connection, request_id: UUID, *, file_name: str | None, documents: int, rows: int
) -> None:
    """It has become a file, or there was nothing to export."""
    connection.execute(
        "update ops.export_request set status = 'done', file_name = %s, documents = %s, rows = %s, "
        "error_family = null, error_message = null, finished_at = clock_timestamp() where request_id = %s",
        [file_name, documents, rows, request_id],
    )


def failed(connection: Connection, request_id: UUID, error: BaseException) -> None:
    """It has become no file."""
    family = error.family if isinstance(error, SaldoError) else type(error).__name__
    connection.execute(
        "update ops.export_request set status = 'failed', error_family = %s, error_message = %s, "
        "finished_at = clock_timestamp() where request_id = %s",
        [family, str(error)[:4000], request_id],
    )


def killed(connection: Connection, request_id: UUID | None) -> bool:
    """Nobody works on it any more, and it is not done; the same of every one that was begun longer ago than a run takes.
    Whether it, or one of those, was still said to be at work."""
    return bool(
        connection.execute(
            "update ops.export_request set status = 'failed', error_family = 'Killed', error_message = %s, "
            "finished_at = clock_timestamp() where (request_id = %s and status in ('waiting', 'running')) "
            "or (status = 'running' and asked_at < clock_timestamp() - %s::interval)",
            [KILLED, request_id, _LONGEST],
        ).rowcount
    )
