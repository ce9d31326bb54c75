"""What stands before every vendor: its gate, faults on demand, and gzip."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .credentials import Credential
from .faults.middleware import misbehaving
from .http import compressed
from .state import State, state_of
from .vendor import Answer, Vendor


def routes(vendor: Vendor) -> list[Route]:
    """Where a vendor answers."""
    return [
        Route(one.path, _serving(vendor, one.answer), methods=list(one.methods))
        for one in vendor.endpoints
    ]


def controls(vendor: Vendor) -> list[Route]:
    """The calls under /sandbox that are the vendor's own."""

    def called(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def call(request: Request) -> Response:
            return answer(request, await request.body())

        return call

    return [Route(o.path, called(o.answer), methods=list(o.methods)) for o in vendor.controls]


def _serving(vendor: Vendor, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        body = await request.body()

        async def answered(asked: Request) -> Response:
            faults = state_of(asked).faults
            about = vendor.describe(asked, body) if faults else ""
            return await misbehaving(
                vendor, asked, faults, lambda again: answer(again, body), about=about
            )

        return compressed(request, await vendor.gate(request, answered))

    return serve


def give_credentials(state: State, vendors: Iterable[Vendor]) -> None:
    """The vendors' own tokens, and those of the companies there are."""
    for vendor in vendors:
        state.credentials.add(*vendor.credentials)
    for company in state.books:
        state.credentials.add(*issued(vendors, state, company))


def issued(vendors: Iterable[Vendor], state: State, company: str) -> list[Credential]:
    """What opens a new company at the vendors that issue a token by themselves."""
    return [vendor.issue(state, company) for vendor in vendors if vendor.issue]
