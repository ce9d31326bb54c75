"""What the banks' services have in common: the day, faults of text, and the truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.books.calendar import working_day
from sandbox.faults.fault import Fault
from sandbox.state import State, state_of
from sandbox.vendor import Endpoint, Failure, Vendor

from . import truth
from .rates import PLAYED, Played


def today_of(state: State) -> date:
    """The day that was set, or that of the company that is furthest ahead."""
    return state.market_day or max(
        (working_day(book.day) for book in state.books.values()), default=working_day(0)
    )


def refuse(request: Request, status: int, message: str, code: str) -> Response:
    return PlainTextResponse(message, status)


def throttled(request: Request, fault: Fault) -> Response:
    return PlainTextResponse("Rate limit is exceeded.", 429, headers=fault.headers())


def bank_of(
    name: str, endpoints: tuple[Endpoint, ...], *, empty: Callable[[Request], Response]
) -> Vendor:
    """A bank as the sandbox plays vendors. empty: its answer where it has no rates."""
    return Vendor(
        name,
        endpoints=endpoints,
        refuse=refuse,
        throttled=throttled,
        failures={"empty": _empty(empty)},
        controls=(Endpoint(f"/sandbox/rates/{name}/truth", _truth(PLAYED[name])),),
    )


def _empty(empty: Callable[[Request], Response]) -> Failure:
    return lambda request, fault, proper: empty(request)


def _truth(bank: Played) -> Callable[[Request, bytes], Response]:
    def tell(request: Request, body: bytes) -> Response:
        """?since=2026-01-01: from which day on; without the days its service does not have yet."""
        today = today_of(state_of(request))
        since = date.fromisoformat(request.query_params.get("since", "2015-01-01"))
        return JSONResponse(truth.months(bank, since, today, today))

    return tell
