"""GET /saldo/api/v1/documents/<agreement>/<kind>/<number>.pdf: the PDF of an invoice or a voucher.

The link that mart.dim_document.pdf_url holds. It streams from the vendor with the agreement's tokens, to
whoever may see the agreement's DAG in Airflow.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from threading import BoundedSemaphore
from typing import IO

from fastapi.responses import Response, StreamingResponse

from saldo.agreements.agreement import Agreement
from saldo.documents import Document, fetch, find
from saldo.errors import SaldoError
from saldo.hooks.vendors import client_of
from saldo.hooks.warehouse import WarehouseHook
from saldo.transport import Policy
from saldo.transport.pdf import PDF
from saldo.vendors import VENDORS
from saldo.warehouse.connection import connect

from .agreements import agreement_of
from .answers import GUARDS, Problem
from .auth import Reader, name_of
from .problems import problem_of, responses
from .routers import reader_router

router = reader_router("/api/v1/documents")
log = logging.getLogger(__name__)

#: A person waits: one retry, and short.
_PATIENCE = Policy(
    max_tries=2,
    first_wait_s=0.5,
    max_wait_s=2,
    connect_timeout_s=5,
    read_timeout_s=20,
    answer_timeout_s=60,
    max_body_bytes=64 << 20,
)
#: A slow vendor must not take all of the API server's threads.
_AT_ONCE, _PATIENCE_S = 8, 10
_seats = BoundedSemaphore(_AT_ONCE)
_CHUNK = 1 << 16
#: A PDF may hold scripts and links: whatever shows it may load nothing else. (Chromium's own viewer
#: needs its styles.)
_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@router.get(
    "/{agreement_id}/{kind}/{number}.pdf",
    summary="The PDF of an invoice or a voucher",
    description="As the vendor hands it out now. kind: invoice or voucher. Who opens which is written down.",
    response_class=Response,
    responses={
        200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}},
        **responses(404, 429, 502, 503),
    },
)
def document(agreement_id: str, kind: str, number: str, user: Reader) -> Response:
    """Not async on purpose: it runs in a thread and does not block the server."""
    agreement = agreement_of(agreement_id)
    try:
        found, file, size = _fetch(agreement, kind, number, actor=name_of(user))
    except SaldoError as error:
        log.warning("document %s %s of %s: %s", kind, number, agreement_id, error)
        raise problem_of(
            error,
            vendor=VENDORS[agreement.vendor].title,
            company=agreement.name,
            connection=agreement.connection,
        ) from None
    headers = {
        **GUARDS,
        "Content-Disposition": f'inline; filename="{found.filename}"',
        "Content-Length": str(size),
        "Content-Security-Policy": _POLICY,
    }
    return StreamingResponse(_chunks(file), headers=headers, media_type=PDF)


def _fetch(
    agreement: Agreement, kind: str, number: str, *, actor: str
) -> tuple[Document, IO[bytes], int]:
    offered = VENDORS[agreement.vendor].documents
    dsn = WarehouseHook().dsn()
    with connect(dsn) as connection:
        asked = offered.kinds.get(kind)
        known = find(connection, agreement.id, asked, number) if asked else None
        if known is None:
            raise Problem(
                404,
                "No such document",
                f"Saldo knows no {kind} {number} with a PDF in {agreement.name}. What was attached today "
                "is known after the next night.",
            )
        if not _seats.acquire(timeout=_PATIENCE_S):
            raise Problem(
                503,
                "Too many documents at once",
                f"{_AT_ONCE} documents are being fetched already. Try again in a moment.",
                {"Retry-After": "5"},
            )
        try:
            source = client_of(agreement, policy=_PATIENCE)
            file = fetch(connection, dsn, source, known, offered=offered, actor=actor)
        finally:
            _seats.release()
    size = file.seek(0, 2)
    file.seek(0)
    return known, file, size


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
