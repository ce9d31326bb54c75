"""GET /saldo/api/v1/openapi.json: what the routes take and answer, to whoever is logged in."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from . import expense_body
from .accounting_exports import bodies
from .answers import GUARDS, ProblemBody
from .routers import member_router

router = member_router("/api/v1")


@router.get(
    "/openapi.json",
    summary="This document",
    description="The routes in OpenAPI's words.",
    response_class=JSONResponse,
)
async def openapi(request: Request) -> JSONResponse:
    app: FastAPI = request.app
    # Where Airflow has mounted it, behind whatever proxy.
    servers = [{"url": request.scope.get("root_path") or "/"}]
    return JSONResponse({**document(app), "servers": servers}, headers=GUARDS)


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the app's routes, with the body of its problems, and of what routes read themselves."""
    found = dict(app.openapi())
    components = dict(found.get("components", {}))
    schemas = {
        **components.get("schemas", {}),
        **expense_body.schemas(),
        **bodies.schemas(),
        "Problem": ProblemBody.model_json_schema(),
    }
    return {**found, "components": {**components, "schemas": schemas}}
