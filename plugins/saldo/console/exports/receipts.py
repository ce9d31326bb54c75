"""A receipt of a claim, as it came in: for whoever may see the export. Who opens which is written down."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from fastapi import Path, Request
from fastapi.responses import Response

from saldo.api.accounting_exports.access import job_to_see
from saldo.api.answers import GUARDS, Problem
from saldo.api.auth import User, name_of
from saldo.api.routers import viewer_router
from saldo.exports.accounting.expense import CONTENT_TYPES
from saldo.exports.accounting.jobs import Job
from saldo.exports.accounting.kept import UnknownExpense, find, receipt_content
from saldo.hooks.warehouse import WarehouseHook
from saldo.runs.audit import Action, record
from saldo.subject import SubjectKey
from saldo.warehouse.connection import Connection, connect

from ..shell.reading import troubles

router = viewer_router()
#: A PDF may hold scripts and links: whatever shows it may load nothing else. (Chromium's own viewer needs its styles.)
_POLICY = "default-src 'none'; object-src 'self'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@router.get("/exports/{export_id:uuid}/receipts/{line:int}/{sha256}")
def receipt(
    export_id: UUID,
    line: int,
    request: Request,
    user: User,
    sha256: str = Path(pattern="^[0-9a-f]{64}$"),
) -> Response:
    with troubles(), connect(WarehouseHook().dsn()) as connection:
        job = job_to_see(connection, request, user, export_id)
        name, content_type = _receipt(connection, job, line, sha256)
        try:
            content = receipt_content(
                connection, job.organisation, job.source_id, job.revision, line, sha256
            )
        except UnknownExpense as error:
            raise Problem(404, "The receipt is gone", f"{error}.") from None
        detail = {"receipt_of": str(export_id), "line": line, "sha256": sha256}
        subject = SubjectKey("export", job.organisation)
        record(connection, Action.DOCUMENT_OPENED, actor=name_of(user), subject=subject, detail=detail)  # fmt: skip
    headers = {
        **GUARDS,
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": _POLICY,
    }
    return Response(content, media_type=content_type, headers=headers)


def _receipt(connection: Connection, job: Job, line: int, sha256: str) -> tuple[str, str]:
    """Its name and kind. Raises Problem 404."""
    kept = find(connection, job.organisation, job.source_id, job.revision)
    for one in kept.payload["lines"] if kept else ():
        for found in one.get("receipts", ()) if one["line"] == line else ():
            if found["sha256"] == sha256 and found["content_type"] in CONTENT_TYPES:
                return found["name"], found["content_type"]
    raise Problem(404, "No such receipt", "The claim's line has none like that. Open it on the export's page.")  # fmt: skip
