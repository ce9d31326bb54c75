"""What stands before every answer of e-conomic: two tokens, what a call costs, what a minute has left."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from sandbox.state import state_of
from sandbox.vendor import Handler

from .access import Options, book_of, credential_of, options_of
from .errors import error

#: Tokens a call costs; observed at the vendor: 3 for a page of entries, 13 for a PDF.
_COSTS = {"booked-entries": 3, "/pdf": 13}
#: Of a minute, for who has no valid tokens.
_LIMIT = Options.tokens_per_minute
_BAD_GRANT, _BAD_SECRET = "E02100", "E02250"


async def gate(request: Request, answer: Handler) -> Response:
    """Refuses wrong tokens and a spent minute; every answer tells what it cost and what is used, errors too."""
    cost = _cost(request.url.path)
    refused = _refused(request)
    if refused is not None:
        return _with_limits(refused, cost=cost, used=cost, limit=_LIMIT)
    traffic = state_of(request).traffic[book_of(request).company.id]
    limit = options_of(request).tokens_per_minute
    traffic.requests[request.path_params["path"]] += 1
    used, wait = traffic.spend(cost, limit=limit)
    if wait is None:
        response = await answer(request)
    else:
        response = error(request, 429, "Too many requests.", "TooManyRequests")
        response.headers["Retry-After"] = str(wait)
    response.headers["X-RequestId"] = f"req-{sum(traffic.requests.values())}"
    return _with_limits(response, cost=cost, used=used, limit=limit)


def _refused(request: Request) -> Response | None:
    found = credential_of(request)
    if found is None:
        return error(request, 401, "The agreement grant token is not valid.", _BAD_GRANT)
    if not found.is_good:
        return revoked(request)
    if found.secret != request.headers.get("X-AppSecretToken"):
        told = "AppSecretToken does not correspond to the token."
        return error(request, 401, told, _BAD_SECRET)
    return None


def revoked(request: Request) -> Response:
    return error(request, 401, "The agreement grant token has been revoked.", _BAD_GRANT)


def _cost(path: str) -> int:
    return next((cost for part, cost in _COSTS.items() if part in path), 1)


def _with_limits(response: Response, *, cost: int, used: int, limit: int) -> Response:
    response.headers["X-CallCost"] = str(cost)
    response.headers["X-RateLimiting"] = f"token-limit-{limit}-per-60-seconds: {used}/{limit}"
    return response
