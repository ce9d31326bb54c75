"""POST /saldo/purchases/<agreement>/files/<name>/delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request
from fastapi.responses import Response

from saldo.api.agreements import agreement_of
from saldo.api.answers import Problem
from saldo.api.auth import Actor, name_of
from saldo.api.purchases.bodies import FileName
from saldo.api.purchases.exports import delete_known
from saldo.api.routers import actor_router
from saldo.console.shell import done, warehouse

from .files import gone

router = actor_router()


@router.post("/purchases/{agreement_id}/files/{name}/delete")
def delete(
    agreement_id: str, name: Annotated[FileName, Path()], request: Request, user: Actor
) -> Response:
    agreement = agreement_of(agreement_id)
    try:
        delete_known(agreement, name, actor=name_of(user))
    except Problem as problem:
        if problem.status != 404:
            raise
        with warehouse() as books:  # somebody was faster: who, and when
            raise gone(books, agreement.id, name) from None
    return done(request, f"/purchases/{agreement.id}/files", told="deleted")
