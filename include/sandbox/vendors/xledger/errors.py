"""How Xledger refuses: with status 200 and in `errors`, its limits too.

Codes: https://github.com/xledger/graphql-samples. What it answers to a wrong token is documented nowhere: here
an unknown one gets 200 with errors, an expired or revoked one 401.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.faults.fault import Fault
from sandbox.http import as_json

_UNHANDLED = "UNHANDLED_ERROR"


def refuse(request: Request, status: int, message: str, code: str, **more: Any) -> Response:
    error = {"message": message, "code": code, **more}
    return as_json({"data": None, "errors": [error]}, status)


def refused_query(request: Request, message: str) -> Response:
    return refuse(request, 200, message, _UNHANDLED)


def bad_format(request: Request) -> Response:
    told = 'Bad format for API Token. Expected header: "Authorization: token <your-token>"'
    return refuse(request, 200, told, _UNHANDLED)


def bad_token(request: Request) -> Response:
    return refuse(request, 200, "The API token is not valid.", _UNHANDLED)


def expired(request: Request) -> Response:
    return refuse(request, 401, "The API token has expired.", _UNHANDLED)


def revoked(request: Request) -> Response:
    return refuse(request, 401, "The API token has been revoked.", _UNHANDLED)


def no_scope(field: str) -> str:
    return f"Not authorized: the field `{field}` needs a scope the token lacks."


def missing_scope(request: Request) -> Response:
    return refused_query(request, no_scope("entities"))


def throttled(request: Request, fault: Fault) -> Response:
    """Too many requests; with `retry_after` too few credits, which come back at a moment that is told."""
    if fault.retry_after_s is None:
        return refuse(request, 200, "Burst rate limit.", "BAD_REQUEST.BURST_RATE_LIMIT_REACHED")
    again = datetime.now(UTC) + timedelta(seconds=fault.retry_after_s)
    return refuse(
        request, 200, "Insufficient credits.", "BAD_REQUEST.INSUFFICIENT_CREDITS",
        extensions={"resetAt": again.isoformat()},
    )  # fmt: skip
