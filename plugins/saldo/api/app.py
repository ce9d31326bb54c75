"""The application that the plugin mounts under /saldo; its routers say who may call what."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from . import (
    accounting_exports,
    data_docs,
    documents,
    expenses,
    health,
    metrics,
    openapi,
    purchases,
    webhooks,
)
from .answers import GUARDS, Problem, is_browser, refuse
from .auth import NotSignedIn, login_url
from .lengths import MOST, Limited


def create_app() -> FastAPI:
    """FastAPI's own documentation routes know no log-in: they do not exist, and `openapi` takes their place."""
    app = FastAPI(
        title="Saldo",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.add_middleware(Limited)
    for module in (health, metrics, openapi, documents, data_docs, webhooks, expenses):
        app.include_router(module.router)
    for router in (*purchases.routers, *accounting_exports.routers):
        app.include_router(router)
    app.add_exception_handler(NotSignedIn, _ask_to_log_in)
    app.add_exception_handler(Problem, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_unread)
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
    headers = getattr(error, "headers", None)  # of 405: the methods there are
    if status == 413:
        return refuse(request, Problem(413, "The request is too long", f"{MOST:,} bytes at most."))
    title = "This cannot be done here" if status == 405 else "There is nothing here"
    return refuse(request, Problem(status, title, "Check the address.", headers))


async def _refuse_unread(request: Request, error: Exception) -> Response:
    wrong = error.errors() if isinstance(error, RequestValidationError) else ()
    detail = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong)
    return refuse(request, Problem(422, "The request cannot be read", detail))
