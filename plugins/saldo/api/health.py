"""GET /saldo/health: whether the API server answers; for load balancers and outside watches.

Open to everybody, so it says no more. How the parts are is in ops.heartbeat.
"""

from __future__ import annotations

from typing import Literal

from fastapi import Response
from pydantic import BaseModel

from .answers import GUARDS
from .routers import public_router

router = public_router()


class Alive(BaseModel):
    status: Literal["ok"] = "ok"


# Load balancers often ask for the head alone.
@router.head("/health", include_in_schema=False, name="health_head")
@router.get("/health", summary="Whether the API server answers", description="Asks nothing else.")
async def health(response: Response) -> Alive:
    response.headers.update(GUARDS)
    return Alive()
