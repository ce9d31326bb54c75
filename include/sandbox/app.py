"""The ASGI application: the vendors' APIs, and the admin calls under /sandbox.

Run alone:  uvicorn --app-dir include sandbox.app:app --port 8900

GET    /sandbox                          companies, their day, calls so far
PUT    /sandbox/companies/<id>           make or replace a company (JSON: the fields of Company)
POST   /sandbox/companies/<id>/next-day  one working day on (?days=n)
GET    /sandbox/companies/<id>/truth     counts and totals the facts must show
GET    /sandbox/companies/<id>/truth/entries   the same per ledger entry, as CSV
POST   /sandbox/faults                   add a fault (JSON: the fields of Fault); DELETE clears all
GET    /sandbox/health
"""

from __future__ import annotations

import asyncio
import json
import os
import zlib
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from . import economic, truth
from .company import Company
from .faults import Fault
from .state import Book, State

_GZIP_FROM = 1_000


class Dropped(Exception):
    """Raised to make the server close the connection in the middle of an answer."""


def _state(request: Request) -> State:
    state: State = request.app.state.sandbox
    return state


def _book(request: Request) -> Book:
    return _state(request).books[request.path_params["id"]]


# --- the vendors ---------------------------------------------------------------------------------


async def vendor(request: Request) -> Response:
    state = _state(request)
    headers = request.headers
    secret, grant = headers.get("X-AppSecretToken"), headers.get("X-AgreementGrantToken")
    cost = economic.call_cost(request.url.path)
    book = state.by_grant(grant)
    if book is None:
        refused = economic.error(request, 401, "The agreement grant token is not valid.", "E02100")
        return _with_limits(refused, cost=cost, used=cost, limit=10_000)
    if book.company.app_secret != secret:
        refused = economic.error(
            request, 401, "AppSecretToken does not correspond to the token.", "E02250"
        )
        return _with_limits(refused, cost=cost, used=cost, limit=10_000)
    name = f"{request.method} {request.url.path}?{request.url.query}"
    book.requests[request.path_params["path"]] += 1
    used, wait = book.spend(cost)
    fault = next((f for f in state.faults if f.hits(book.company.id, name)), None)
    if wait is not None:
        response = economic.error(request, 429, "Too many requests.", "TooManyRequests")
        response.headers["Retry-After"] = str(wait)
    elif fault is not None:
        response = await _faulty(request, book, fault)
    else:
        response = economic.answer(request, book)
    _with_limits(response, cost=cost, used=used, limit=book.company.tokens_per_minute)
    response.headers["X-RequestId"] = f"req-{sum(book.requests.values())}"
    return _compressed(request, response)


def _with_limits(response: Response, *, cost: int, used: int, limit: int) -> Response:
    """Every answer tells what it cost and how much of the minute's tokens is spent, errors too."""
    response.headers["X-CallCost"] = str(cost)
    response.headers["X-RateLimiting"] = f"token-limit-{limit}-per-60-seconds: {used}/{limit}"
    return response


async def _faulty(request: Request, book: Book, fault: Fault) -> Response:
    if fault.status:
        response = economic.error(request, fault.status, f"Fault {fault.status}.", "Fault")
        response.headers.update(fault.headers())
        return response
    if fault.kind == "timeout":
        await asyncio.sleep(fault.seconds)
        return economic.error(request, 504, "Too late.", "Fault")
    response = economic.answer(request, book)
    if fault.kind == "drop":
        return _Half(response.body)
    spoiled = Response(fault.spoil(bytes(response.body)), media_type=response.media_type)
    if fault.kind == "html":
        spoiled.headers["content-type"] = "text/html"
    return spoiled


class _Half(Response):
    """Announces a body, sends half of it and fails."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        body = bytes(self.body)
        await send(
            {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        )
        raise Dropped


def _compressed(request: Request, response: Response) -> Response:
    body = bytes(response.body)
    wants = "gzip" in request.headers.get("accept-encoding", "")
    if wants and len(body) > _GZIP_FROM and not isinstance(response, _Half):
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        response.body = packer.compress(body) + packer.flush()
        response.headers["content-encoding"] = "gzip"
        response.headers["content-length"] = str(len(response.body))
    return response


# --- admin ---------------------------------------------------------------------------------------


async def overview(request: Request) -> Response:
    return JSONResponse(_state(request).describe())


async def put_company(request: Request) -> Response:
    values = json.loads(await request.body())
    _state(request).put(Company.from_json({**values, "id": request.path_params["id"]}))
    return JSONResponse({"ok": True}, 201)


async def next_day(request: Request) -> Response:
    days = int(request.query_params.get("days", 1))
    return JSONResponse({"today": _state(request).next_day(request.path_params["id"], days)})


async def add_fault(request: Request) -> Response:
    _state(request).faults.append(Fault.from_json(json.loads(await request.body())))
    return JSONResponse({"ok": True}, 201)


async def clear_faults(request: Request) -> Response:
    _state(request).faults.clear()
    return JSONResponse({"ok": True})


def truth_summary(request: Request) -> Response:
    return JSONResponse(truth.summary(_book(request)))


def truth_entries(request: Request) -> Response:
    return StreamingResponse(truth.entries(_book(request)), media_type="text/csv")


async def unknown_company(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": f"no such company: {error}"}, 404)


async def bad_call(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)


async def health(request: Request) -> Response:
    return JSONResponse({"ok": True})


class _QuietDrops:
    """Keeps the intended failures of `drop` out of the server's log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Dropped:
            return


def create_app(state: State) -> ASGIApp:
    company = "/sandbox/companies/{id}"
    routes = [
        Route("/economic/{family:str}/{path:path}", vendor),
        Route("/sandbox", overview),
        Route("/sandbox/health", health),
        Route("/sandbox/faults", add_fault, methods=["POST"]),
        Route("/sandbox/faults", clear_faults, methods=["DELETE"]),
        Route(company, put_company, methods=["PUT"]),
        Route(f"{company}/next-day", next_day, methods=["POST"]),
        Route(f"{company}/truth", truth_summary),
        Route(f"{company}/truth/entries", truth_entries),
    ]
    handlers = {KeyError: unknown_company, ValueError: bad_call, TypeError: bad_call}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.state.sandbox = state
    return _QuietDrops(app)


_path = os.environ.get("SALDO_SANDBOX_STATE")
app = create_app(State(Path(_path) if _path else None))
