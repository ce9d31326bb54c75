"""What moves the sandbox: companies, days, truth, credentials and faults, under /sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from .books import truth, truth_sales
from .books.book import Book
from .books.company import Company
from .credentials import Credential
from .faults.fault import KINDS, Fault
from .front import issued
from .market.serving import today_of
from .state import state_of
from .vendor import Vendor

#: What the books themselves tell as CSV, by the last part of the path.
TRUTHS: dict[str, Callable[[Book], Iterator[bytes]]] = {
    "entries": truth.entries,
    "balances": truth.balances,
    "drafts": truth.draft_entries,
    "invoice-lines": truth_sales.invoice_lines,
    "order-lines": truth_sales.order_lines,
    "documents": truth_sales.documents,
}
_COMPANY = "/sandbox/companies/{id}"


def _vendors(request: Request) -> tuple[Vendor, ...]:
    vendors: tuple[Vendor, ...] = request.app.state.vendors
    return vendors


def _known(request: Request, vendor: str) -> str:
    """The vendor, if it is played; ValueError if not."""
    names = [one.name for one in _vendors(request)]
    if vendor not in names:
        raise ValueError(f"unknown vendor {vendor!r}; known are {names}")
    return vendor


def _book(request: Request) -> Book:
    return state_of(request).books[request.path_params["id"]]


async def overview(request: Request) -> Response:
    return JSONResponse(state_of(request).describe())


# --- companies -----------------------------------------------------------------------------------


async def put_company(request: Request) -> Response:
    """The fields of Company, and those of the vendors' options: how they treat it."""
    values = {**json.loads(await request.body()), "id": request.path_params["id"]}
    options = _options(request, values)
    company = Company.from_json({k: v for k, v in values.items() if k not in options})
    state = state_of(request)
    state.put(company, **options)
    state.credentials.add(*issued(_vendors(request), state, company.id))
    return JSONResponse({"ok": True}, 201)


def _options(request: Request, values: dict[str, Any]) -> dict[str, Any]:
    """What of the values is a vendor's option; raises ValueError for what that vendor does not take."""
    found: dict[str, Any] = {}
    for kind in (vendor.options for vendor in _vendors(request) if vendor.options):
        own = {f.name: values[f.name] for f in fields(kind) if f.name in values}
        kind(**own)
        found |= own
    return found


async def next_day(request: Request) -> Response:
    days = int(request.query_params.get("days", 1))
    return JSONResponse({"today": state_of(request).next_day(request.path_params["id"], days)})


def truth_summary(request: Request) -> Response:
    return JSONResponse(truth.summary(_book(request)))


def truth_of(request: Request) -> Response:
    """One of the books' truths, or one that a vendor tells."""
    what = request.path_params["what"]
    if what in TRUTHS:
        return StreamingResponse(TRUTHS[what](_book(request)), media_type="text/csv")
    told = next((v.truths[what] for v in _vendors(request) if what in v.truths), None)
    if told is None:
        raise KeyError(what)
    found = told(state_of(request), _book(request).company.id)
    if isinstance(found, dict):
        return JSONResponse(found)
    return StreamingResponse(found, media_type="text/csv")


# --- banks ---------------------------------------------------------------------------------------


async def market_day(request: Request) -> Response:
    return JSONResponse({"today": today_of(state_of(request)).isoformat()})


async def put_market_day(request: Request) -> Response:
    """null: that of the company that is furthest ahead."""
    said = json.loads(await request.body())["today"]
    state_of(request).market_day = date.fromisoformat(said) if said else None
    return await market_day(request)


# --- credentials and faults ----------------------------------------------------------------------


async def list_credentials(request: Request) -> Response:
    return JSONResponse([one.to_json() for one in state_of(request).credentials])


async def put_credential(request: Request) -> Response:
    """A token of a vendor, made or changed; it lasts as long as the process."""
    vendor = _known(request, request.path_params["vendor"])
    values = json.loads(await request.body())
    found = Credential.from_json(vendor, request.path_params["token"], values)
    state_of(request).credentials.add(found)
    return JSONResponse(found.to_json(), 201)


async def list_faults(request: Request) -> Response:
    """Those that still hit something, and the kinds there are."""
    left = [asdict(fault) for fault in state_of(request).faults if fault.times > 0]
    return JSONResponse({"faults": left, "kinds": sorted(KINDS)})


async def add_fault(request: Request) -> Response:
    fault = Fault.from_json(json.loads(await request.body()))
    if fault.vendor is not None:
        _known(request, fault.vendor)
    state_of(request).faults.append(fault)
    return JSONResponse({"ok": True}, 201)


async def clear_faults(request: Request) -> Response:
    state_of(request).faults.clear()
    return JSONResponse({"ok": True})


async def health(request: Request) -> Response:
    return JSONResponse({"ok": True})


ROUTES = [
    Route("/sandbox", overview),
    Route("/sandbox/health", health),
    Route("/sandbox/rates", market_day),
    Route("/sandbox/rates", put_market_day, methods=["PUT"]),
    Route("/sandbox/faults", list_faults),
    Route("/sandbox/faults", add_fault, methods=["POST"]),
    Route("/sandbox/faults", clear_faults, methods=["DELETE"]),
    Route("/sandbox/credentials", list_credentials),
    Route("/sandbox/credentials/{vendor}/{token}", put_credential, methods=["PUT"]),
    Route(_COMPANY, put_company, methods=["PUT"]),
    Route(f"{_COMPANY}/next-day", next_day, methods=["POST"]),
    Route(f"{_COMPANY}/truth", truth_summary),
    Route(f"{_COMPANY}/truth/{{what}}", truth_of),
]
