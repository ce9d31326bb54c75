"""What stands before every vendor whose books are not played yet: faults on demand, in the vendor's shape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from .fault_answers import Refuse, faulty
from .state import State


def endpoint(
    name: str, answer: Callable[[Request, bytes], Response], refuse: Refuse
) -> Callable[[Request], Awaitable[Response]]:
    """A route's function. name: what a fault's `agreement` is compared with. answer: gets the request and
    its body. refuse: how the vendor writes an error."""

    async def serve(request: Request) -> Response:
        state: State = request.app.state.sandbox
        body = await request.body()
        where = f"{request.method} {request.url.path}?{request.url.query}"
        fault = next((f for f in state.faults if f.hits(name, where)), None)
        if fault is None:
            return answer(request, body)
        return await faulty(request, fault, lambda asked: answer(asked, body), refuse)

    return serve
