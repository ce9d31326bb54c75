"""The ASGI application: the vendors' APIs, and the admin calls under /sandbox.

Run alone:  uvicorn --app-dir include sandbox.app:app --port 8900

GET    /sandbox                          companies, their day, calls so far
PUT    /sandbox/companies/<id>           make or replace a company (JSON: the fields of Company)
POST   /sandbox/companies/<id>/next-day  one working day on (?days=n)
GET    /sandbox/companies/<id>/truth     counts and totals the facts must show
GET    /sandbox/companies/<id>/truth/entries   the same per ledger entry, as CSV
GET    /sandbox/companies/<id>/truth/balances  per account, department and month, as CSV
GET    /sandbox/companies/<id>/truth/drafts    the unbooked lines, as CSV
GET    /sandbox/companies/<id>/truth/invoice-lines   booked and draft invoices per line, as CSV
GET    /sandbox/companies/<id>/truth/order-lines     orders and quotes per line, as CSV
GET    /sandbox/companies/<id>/truth/documents       of vouchers and invoices, as CSV
POST   /sandbox/faults                   add a fault (JSON: the fields of Fault); DELETE clears all
GET    /sandbox/mails                    what the mail sink has kept, as a page
GET    /sandbox/health
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from . import (
    business_central,
    economic,
    entra,
    graph,
    mails,
    moneybird,
    truth,
    truth_sales,
    xledger,
)
from .company import Company
from .economic_errors import as_json, error
from .fault_answers import Dropped, faulty, is_past_the_end, to_repeat, unjunked, with_repeats
from .faults import Fault
from .state import Book, State

_GZIP_FROM = 1_000


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
        refused = error(request, 401, "The agreement grant token is not valid.", "E02100")
        return _with_limits(refused, cost=cost, used=cost, limit=10_000)
    if book.company.app_secret != secret:
        refused = error(request, 401, "AppSecretToken does not correspond to the token.", "E02250")
        return _with_limits(refused, cost=cost, used=cost, limit=10_000)
    name = f"{request.method} {request.url.path}?{request.url.query}"
    book.requests[request.path_params["path"]] += 1
    used, wait = book.spend(cost)
    fault = next((f for f in state.faults if f.hits(book.company.id, name)), None)
    if wait is not None:
        response = error(request, 429, "Too many requests.", "TooManyRequests")
        response.headers["Retry-After"] = str(wait)
    else:
        response = await _answered(request, book, state.faults, fault)
    _with_limits(response, cost=cost, used=used, limit=book.company.tokens_per_minute)
    response.headers["X-RequestId"] = f"req-{sum(book.requests.values())}"
    return _compressed(request, response)


async def _answered(
    request: Request, book: Book, faults: list[Fault], fault: Fault | None
) -> Response:
    """The answer to an authorised request, proper or not."""

    def proper(asked: Request) -> Response:
        if is_past_the_end(asked):
            return as_json({"items": []})
        return economic.answer(unjunked(asked), book)

    if not faults:
        return proper(request)
    again = to_repeat(request, faults)
    answer = proper(request) if fault is None else await faulty(request, fault, proper)
    return with_repeats(answer, again)


def _with_limits(response: Response, *, cost: int, used: int, limit: int) -> Response:
    """Every answer tells what it cost and how much of the minute's tokens is spent, errors too."""
    response.headers["X-CallCost"] = str(cost)
    response.headers["X-RateLimiting"] = f"token-limit-{limit}-per-60-seconds: {used}/{limit}"
    return response


def _compressed(request: Request, response: Response) -> Response:
    body = bytes(response.body)
    wants = "gzip" in request.headers.get("accept-encoding", "")
    if wants and len(body) > _GZIP_FROM:
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


def _truth_csv(rows: Callable[[Book], Iterator[bytes]]) -> Callable[[Request], Response]:
    return lambda request: StreamingResponse(rows(_book(request)), media_type="text/csv")


#: What is told as CSV, by the last part of the path.
TRUTHS: dict[str, Callable[[Book], Iterator[bytes]]] = {
    "entries": truth.entries,
    "balances": truth.balances,
    "drafts": truth.draft_entries,
    "invoice-lines": truth_sales.invoice_lines,
    "order-lines": truth_sales.order_lines,
    "documents": truth_sales.documents,
}


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
        *xledger.ROUTES,
        *moneybird.ROUTES,
        *entra.ROUTES,
        *graph.ROUTES,
        *business_central.ROUTES,
        Route("/sandbox", overview),
        *mails.ROUTES,
        Route("/sandbox/health", health),
        Route("/sandbox/faults", add_fault, methods=["POST"]),
        Route("/sandbox/faults", clear_faults, methods=["DELETE"]),
        Route(company, put_company, methods=["PUT"]),
        Route(f"{company}/next-day", next_day, methods=["POST"]),
        Route(f"{company}/truth", truth_summary),
        *(Route(f"{company}/truth/{what}", _truth_csv(rows)) for what, rows in TRUTHS.items()),
    ]
    handlers = {KeyError: unknown_company, ValueError: bad_call, TypeError: bad_call}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.state.sandbox = state
    return _QuietDrops(app)


_path = os.environ.get("SALDO_SANDBOX_STATE")
app = create_app(State(Path(_path) if _path else None))
