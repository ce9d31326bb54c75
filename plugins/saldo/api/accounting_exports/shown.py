"""Exports as the routes show them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from fastapi import Request

from saldo.exports.accounting.document import AccountingDocument
from saldo.exports.accounting.jobs import Job

from ..answers import link
from ..runs import DagRun
from . import words
from .models import Error, ExportDocument, ExportRun

PREFIX = "/api/v1/accounting-exports"
#: A path parameter that is a UUID: other paths below the prefix stay free.
ONE = f"{PREFIX}/{{export_id:uuid}}"
_CENT = Decimal("0.01")
#: Members of an export that are as the register has them.
_SAME = (
    "organisation", "target", "kind", "source_id", "revision", "status", "external_reference", "currency", "posting_date",
    "attempts", "next_attempt_at", "is_complete", "may_be_there", "booked_by", "created_by", "created_at", "updated_at",
    "sent_at", "posted_at",
)  # fmt: skip


def shown(request: Request, job: Job) -> dict[str, Any]:
    """The members of an Export."""
    return {
        **{name: getattr(job, name) for name in _SAME},
        "id": job.export_id,
        "status_text": words.status_text(job),
        "total": None if job.total is None else _amount(job.total),
        "document_number": job.key,
        "error": error_of(job.last_error_family, job.last_error) if _is_wrong(job) else None,
        "link": link(request, path_of(job.export_id)),
    }


def error_of(family: str | None, message: str | None) -> Error | None:
    """An error with its remedy; None where there is none."""
    if message is None:
        return None
    return Error(family=family, message=message, remedy=words.remedy_of(family))


def run_shown(run: DagRun | None) -> ExportRun | None:
    """A run; None where none was started."""
    return None if run is None else ExportRun(run_id=run.run_id, state=run.state)


def path_of(export_id: UUID) -> str:
    """Of one export, below /saldo."""
    return f"{PREFIX}/{export_id}"


def document_shown(document: AccountingDocument) -> ExportDocument:
    """A document, with the bytes that are sent."""
    found: Mapping[str, Any] = msgspec.to_builtins(document)
    values = {name: value for name, value in found.items() if name in ExportDocument.model_fields}
    return ExportDocument(**values, body=document.body.decode())


def _is_wrong(job: Job) -> bool:
    """What a job that is over says is no error."""
    return job.status not in ("posted", "cancelled")


def _amount(value: Decimal) -> str:
    """With two decimals, or more where it has them."""
    rounded = value.quantize(_CENT)
    return format(rounded if rounded == value else value.normalize(), "f")
