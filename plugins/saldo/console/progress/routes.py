"""GET /saldo/agreements/<agreement>/progress: the part by itself, for htmx. See the room's docstring."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from saldo.api.routers import reader_router
from saldo.api.runs import at_work

from ..shell import fragment, warehouse
from .parts import of_agreement

router = reader_router("/agreements")


@router.get("/{agreement_id}/progress")
def under_way(agreement_id: str, request: Request, heard: str | None = None) -> Response:
    """Also of an agreement whose file is switched off or gone: a run of it may still be at work."""
    # First: a run that ends meanwhile is asked for once more, and none is missed.
    runs = at_work(f"saldo__{agreement_id}")
    with warehouse() as reading:
        values = of_agreement(reading.connection, agreement_id, heard=heard, runs=runs)
    return fragment(request, "progress/progress.html", **values)
