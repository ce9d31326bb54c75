"""How Xledger refuses: with status 200 and in `errors`, its limits too.

Codes: https://github.com/xledger/graphql-samples. What it answers to a wrong token is documented nowhere: here
an unknown one gets 200 with errors, an expired or revoked one 401.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from sandbox.faults.fault import Fault
from sandbox.http import as_json

UNHANDLED = "UNHANDLED_ERROR"
BAD_QUERY = "BAD_REQUEST"
TIMED_OUT = "Your query timed out."
#: How the library words what Xledger calls a wrong argument.
_OF_ARGUMENTS = ("cannot represent", "does not exist in", "is expected, not", "Expected ")
_OF_VARIABLES = "has invalid value"


class Refused(Exception):
    """A field that is not answered; the text is what the vendor says. told: the errors, where it says several."""

    def __init__(self, text: str, told: list[dict[str, Any]] | None = None) -> None:
        super().__init__(text)
        self.told = told


def refuse(request: Request, status: int, message: str, code: str, **more: Any) -> Response:
    error = {"message": message, "code": code, **more}
    return as_json({"data": None, "errors": [error]}, status)


def written(errors: Iterable[GraphQLError]) -> list[dict[str, Any]]:
    """Errors of a query as Xledger writes them: the code at their root."""
    return [told for error in errors for told in _told(error)]


def _told(error: GraphQLError) -> list[dict[str, Any]]:
    found = error.original_error
    return found.told if isinstance(found, Refused) and found.told else [_written(error)]


def _written(error: GraphQLError) -> dict[str, Any]:
    found: dict[str, Any] = {"message": error.message, "code": BAD_QUERY}
    if isinstance(error.original_error, Refused):
        found["code"] = UNHANDLED
    elif _OF_VARIABLES in error.message:
        found["extensions"] = {"code": "INVALID_VALUE"}
    elif any(words in error.message for words in _OF_ARGUMENTS) and not _is_syntax(error):
        found["extensions"] = {"code": "ARGUMENTS_OF_CORRECT_TYPE"}
    if error.locations:
        found["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        found["path"] = error.path
    return found


def _is_syntax(error: GraphQLError) -> bool:
    return error.message.startswith("Syntax Error")


def no_query(request: Request) -> Response:
    return refuse(request, 200, "The request holds no query.", BAD_QUERY)


def bad_format(request: Request) -> Response:
    told = 'Bad format for API Token. Expected header: "Authorization: token <your-token>"'
    return refuse(request, 200, told, UNHANDLED)


def bad_token(request: Request) -> Response:
    return refuse(request, 200, "The API token is not valid.", UNHANDLED)


def expired(request: Request) -> Response:
    return refuse(request, 401, "The API token has expired.", UNHANDLED)


def revoked(request: Request) -> Response:
    return refuse(request, 401, "The API token has been revoked.", UNHANDLED)


def no_scope(field: str) -> str:
    return f"Not authorized: the field `{field}` needs a scope the token lacks."


def missing_scope(request: Request) -> Response:
    return refuse(request, 200, no_scope("entities"), UNHANDLED)


def burst(request: Request) -> Response:
    return refuse(request, 200, "Burst rate limit.", "BAD_REQUEST.BURST_RATE_LIMIT_REACHED")


def concurrency(request: Request) -> Response:
    return refuse(
        request, 200, "Too many requests at once.", "BAD_REQUEST.CONCURRENCY_LIMIT_REACHED"
    )


def credits(request: Request, seconds: int) -> Response:
    """Too few credits; they come back at a moment that is told."""
    again = datetime.now(UTC) + timedelta(seconds=seconds)
    return refuse(
        request, 200, "Insufficient credits.", "BAD_REQUEST.INSUFFICIENT_CREDITS",
        extensions={"resetAt": again.isoformat()},
    )  # fmt: skip


def throttled(request: Request, fault: Fault) -> Response:
    """Too many requests; with `retry_after` too few credits."""
    seconds = fault.retry_after_s
    return burst(request) if seconds is None else credits(request, seconds)
