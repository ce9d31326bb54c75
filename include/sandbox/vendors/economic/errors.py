"""How e-conomic refuses: errors in the shape of the API family that was asked."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.http import as_json

MISSING_MODULES = "AccessDeniedAgreementMissingModules"


def classic_error(status: int, message: str, code: str, **more: Any) -> Response:
    return as_json(
        {
            "message": message,
            "developerHint": "See the documentation.",
            "logId": "0123456789abcdef-CPH",
            "httpStatusCode": status,
            "errors": [message],
            "logTime": "2026-11-01T08:00:00",
            "errorCode": code,
            **more,
        },
        status,
    )


def problem(status: int, title: str, code: str, detail: str = "") -> Response:
    return as_json(
        {
            "type": "https://tools.ietf.org/html/rfc9110",
            "title": title,
            "status": status,
            "detail": detail,
            "errors": [],
            "traceId": "0123456789abcdef-CPH",
            "traceTimeUtc": "2026-11-01T08:00:00",
            "errorCode": code,
        },
        status,
        "application/problem+json",
    )


def error(request: Request, status: int, message: str, code: str) -> Response:
    """The error in the shape of the family that was asked."""
    if "/openapi/" in request.url.path:
        return problem(status, message, code)
    return classic_error(status, message, code)


def missing_module(request: Request, module: str) -> Response:
    """403 for what the agreement has not bought."""
    if "/openapi/" in request.url.path:
        return problem(403, f"Missing modules: {module}", MISSING_MODULES)
    return classic_error(403, f"The agreement lacks the module {module}.", "E00500")
