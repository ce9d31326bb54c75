"""GET /saldo/agreements/<agreement>/progress: the part by itself, for htmx. See the room's docstring."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from saldo.api.agreements import agreement_of
from saldo.api.routers import reader_router

from ..shell import fragment, warehouse
from .parts import of_agreement

router = reader_router("/agreements")


@router.get("/{agreement_id}/progress")
def under_way(agreement_id: str, request: Request, heard: str | None = None) -> Response:
    agreement = agreement_of(agreement_id)
    with warehouse() as reading:
        values = of_agreement(reading.connection, agreement.id, heard=heard)
    return fragment(request, "progress/progress.html", **values)
