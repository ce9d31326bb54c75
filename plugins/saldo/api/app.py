"""The application that the plugin mounts under /saldo. Nothing in it is open to anonymous callers."""

from __future__ import annotations

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from . import data_docs, documents
from .answers import GUARDS, Problem, is_browser, refuse
from .auth import NotSignedIn, login_url, signed_in


def create_app() -> FastAPI:
    """Airflow's mount inherits no authentication, and FastAPI's own documentation routes ignore
    dependencies: the first is required of every route, the second do not exist."""
    app = FastAPI(
        title="Saldo",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(signed_in)],
    )
    app.include_router(documents.router, prefix="/api/v1")
    app.include_router(data_docs.router)
    app.add_exception_handler(NotSignedIn, _ask_to_log_in)
    app.add_exception_handler(Problem, _refuse)
    app.add_exception_handler(HTTPException, _refuse_plainly)
    return app


async def _ask_to_log_in(request: Request, problem: Exception) -> Response:
    if request.method == "GET" and is_browser(request):
        return RedirectResponse(login_url(request), 302, GUARDS)
    return refuse(request, NotSignedIn())


async def _refuse(request: Request, problem: Exception) -> Response:
    return refuse(request, problem)  # type: ignore[arg-type]


async def _refuse_plainly(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    return refuse(request, Problem(status, "There is nothing here", "Check the address."))
