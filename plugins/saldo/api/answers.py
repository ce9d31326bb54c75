"""How a route refuses a program: problem+json (RFC 9457). The console has the page for a browser."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

#: On every answer: no cache keeps it, no other site frames it, no browser guesses another type.
GUARDS = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PROBLEM = "application/problem+json"


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


def refuse(problem: Problem) -> Response:
    """The problem as problem+json, for programs."""
    headers = {**GUARDS, **problem.headers}
    body = ProblemBody(title=problem.title, status=problem.status, detail=problem.detail)
    content = {**problem.more, **body.model_dump()}
    return JSONResponse(content, problem.status, headers, media_type=PROBLEM)
