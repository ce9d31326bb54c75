"""The application that the plugin mounts under /saldo; its routers say who may call what."""

from __future__ import annotations

import logging

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from saldo.console import rooms
from saldo.console.shell.pages import problem_page
from saldo.errors import SaldoError

from . import (
    accounting_exports,
    data_docs,
    documents,
    expenses,
    health,
    metrics,
    openapi,
    progress,
    purchases,
    webhooks,
)
from .answers import GUARDS, Problem, is_browser, refuse
from .auth import NotAllowed, NotSignedIn, login_url
from .lengths import MOST, Limited
from .purchases import troubles
from .refusals import write_down
from .warehouse_problems import problem_of

log = logging.getLogger(__name__)


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
    # First: where a page and a route of programs have one address, the page is for browsers alone.
    rooms.add_to(app)
    for module in (
        health, metrics, openapi, documents, data_docs, webhooks, expenses, progress,
    ):  # fmt: skip
        app.include_router(module.router)
    for router in (*purchases.routers, *accounting_exports.routers):
        app.include_router(router)
    app.add_exception_handler(NotSignedIn, _ask_to_log_in)
    app.add_exception_handler(Problem, _refuse)
    app.add_exception_handler(psycopg.Error, _refuse_trouble)
    app.add_exception_handler(SaldoError, _refuse_trouble)
    app.add_exception_handler(RequestValidationError, _refuse_unread)
    app.add_exception_handler(HTTPException, _refuse_plainly)
    app.add_exception_handler(Exception, _refuse_mistake)
    return app


async def _ask_to_log_in(request: Request, problem: Exception) -> Response:
    # What htmx asks for is a part of a page: a form to log in has no place in it.
    if request.method == "GET" and is_browser(request) and "hx-request" not in request.headers:
        return RedirectResponse(login_url(request), 302, GUARDS)
    return _told(request, NotSignedIn(is_form=is_browser(request)))


async def _refuse(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    if isinstance(problem, NotAllowed) and problem.is_written:
        await run_in_threadpool(write_down, problem, request.method, request.url.path)
    return _told(request, problem)


async def _refuse_trouble(request: Request, error: Exception) -> Response:
    """What no route has told in its own words: a warehouse that is half migrated, or goes away in the middle of it."""
    problem = troubles.problem_of(error) if isinstance(error, SaldoError) else problem_of(error)
    if problem is None or problem.status == 500:
        log.error("%s %s", request.method, request.url.path, exc_info=error)
    return _told(request, problem or troubles.unknown())


async def _refuse_mistake(request: Request, error: Exception) -> Response:
    """Where it went wrong is shown to nobody; the server logs it, since Starlette raises it again."""
    return _told(request, troubles.unknown())


async def _refuse_plainly(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    headers = getattr(error, "headers", None)  # of 405: the methods there are
    if status == 413:
        return _told(request, Problem(413, "The request is too long", f"{MOST:,} bytes at most."))
    title = "This cannot be done here" if status == 405 else "There is nothing here"
    return _told(request, Problem(status, title, "Check the address.", headers))


async def _refuse_unread(request: Request, error: Exception) -> Response:
    wrong = error.errors() if isinstance(error, RequestValidationError) else ()
    detail = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong)
    return _told(request, Problem(422, "The request cannot be read", detail))


def _told(request: Request, problem: Problem) -> Response:
    """A page for a browser, problem+json for a program."""
    return problem_page(request, problem) if is_browser(request) else refuse(problem)
