"""GET /saldo/agreements/<id>/drift: what the vendor's records have that Saldo does not know, and those it cannot store."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import HTMLResponse

from saldo.api.auth import Reader
from saldo.api.routers import reader_router

from ..shell import page, warehouse
from ..shell.head import agreement_head

router = reader_router()
_PAGE, _MOST = 100, 500


@router.get("/agreements/{agreement_id}/drift")
def drift(
    agreement_id: str,
    request: Request,
    user: Reader,
    entity: Annotated[str, Query(max_length=100)] = "",
    after: Annotated[str, Query(max_length=400)] = "",
) -> HTMLResponse:
    """entity: where the list of records set aside begins; after: behind which of its keys."""
    with warehouse() as books:
        head = agreement_head(request, user, agreement_id, books)
        of = {"agreement_id": head.id}
        found = books.rows("agreement/drift", {**of, "most": _MOST})
        asides = books.rows("agreement/set_asides", of)
        records = books.rows(
            "agreement/set_aside",
            {**of, "after_entity": entity, "after_key": after, "most": _PAGE + 1},
        )
    return page(
        request,
        user,
        "agreement/drift.html",
        title=head.name,
        section="overview",
        now=books.now,
        head=head,
        tab="drift",
        words=[row for row in found if row.is_word],
        fields=[row for row in found if not row.is_word],
        asides=asides,
        records=records[:_PAGE],
        is_first=not (entity or after),
        last=records[_PAGE - 1] if len(records) > _PAGE else None,
    )
