"""How Moneybird writes errors: `error` is a text or an object, beside it often `symbolic` or `details`.

A missing scope is a 401, as a wrong token is; too many requests are answered with a bare text, and Retry-After is
an epoch. Headers about limits come on the throttled answer alone.
"""

from __future__ import annotations

from time import time

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.faults.fault import Fault
from sandbox.http import as_json

LIMIT = 150


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def bad_request(message: str, **symbolic: str) -> Refused:
    """400, with what is symbolic about it where there is anything."""
    told = {"error": message, **({"symbolic": symbolic} if symbolic else {})}
    return Refused(as_json(told, 400))


def invalid(field: str, text: str, code: str) -> Refused:
    """422: `error` is an object."""
    told = {"error": {field: [text]}, "details": {field: [{"error": code}]}}
    return Refused(as_json(told, 422))


def refuse(request: Request, status: int, message: str, code: str) -> Response:
    if status == 422:
        return invalid("base", message, code).response
    return as_json({"error": message, "symbolic": {"id": code}}, status)


def not_found(request: Request) -> Refused:
    return Refused(refuse(request, 404, "record not found", "not_found"))


def bad_token(request: Request) -> Response:
    told = {"error": "token is invalid", "symbolic": {"request": "invalid_grant"}}
    return as_json(told, 401)


def no_access(what: str) -> Response:
    return as_json({"error": f"No access to {what}"}, 401)


def too_many(again: int | None, limit: int = LIMIT) -> Response:
    """again: the epoch second from which on there is room."""
    response = PlainTextResponse("Retry later", 429)
    response.headers["RateLimit-Limit"], response.headers["RateLimit-Remaining"] = str(limit), "0"
    if again is not None:
        response.headers["RateLimit-Reset"] = response.headers["Retry-After"] = str(again)
    return response


def throttled(request: Request, fault: Fault) -> Response:
    """What a fault asks for."""
    wait = fault.retry_after_s
    return too_many(None if wait is None else int(time()) + wait)
