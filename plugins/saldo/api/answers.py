"""How a route refuses: a page for a browser, problem+json (RFC 9457) for a program."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from saldo.rendering import render

#: On every answer: no cache keeps it, no other site frames it, no browser guesses another type.
GUARDS = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PROBLEM = "application/problem+json"
_TEMPLATES = Path(__file__).parent / "templates"
_STYLE = render(_TEMPLATES, "problem.css")
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_PAGE_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


class ProblemBody(BaseModel):
    """A problem as a program gets it: application/problem+json (RFC 9457)."""

    type: str = Field(
        default="about:blank", description="about:blank: the status says what kind it is."
    )
    title: str = Field(description="What is wrong, in a few words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="Why, and what to do.")


class Problem(Exception):
    """title: what is wrong; detail: why, and what to do. more: further members, for programs. All are for whoever asked:
    no secrets."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        *,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(title)
        self.status, self.title, self.detail = status, title, detail
        self.headers, self.more = dict(headers or {}), dict(more or {})


def is_browser(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def link(request: Request, path: str) -> str:
    """The path of a route on this server, wherever Airflow has mounted Saldo."""
    return f"{request.scope.get('root_path') or ''}{path}"


def refuse(request: Request, problem: Problem) -> Response:
    """The problem as a page for a browser, else as problem+json."""
    headers = {**GUARDS, **problem.headers}
    if is_browser(request):
        page = render(
            _TEMPLATES,
            "problem.html",
            title=problem.title,
            detail=problem.detail,
            status=f"{problem.status} {HTTPStatus(problem.status).phrase}",
        )
        headers["Content-Security-Policy"] = _PAGE_POLICY
        return Response(page, problem.status, headers, media_type="text/html")
    body = ProblemBody(title=problem.title, status=problem.status, detail=problem.detail)
    content = {**problem.more, **body.model_dump()}
    return JSONResponse(content, problem.status, headers, media_type=PROBLEM)
