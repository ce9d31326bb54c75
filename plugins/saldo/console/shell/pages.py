"""A page, a part of one, and a problem, in the console's frame."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from saldo.api.answers import GUARDS, Problem, link
from saldo.api.auth import airflow_path, name_of
from saldo.rendering import render

from . import formats
from .static import static_path

_CONSOLE = Path(__file__).parent.parent
#: Scripts and styles are files of ours; nothing of another host is asked for, and no other site shows these pages.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
#: Section, its name in the navigation, its path.
SECTIONS = (
    ("overview", "Overview", "/"),
    ("files", "Files", "/files"),
    ("purchases", "Purchases", "/purchases"),
    ("exports", "Exports", "/exports"),
    ("health", "Health", "/health"),
)


def page(
    request: Request,
    user: Any,
    template: str,
    *,
    title: str,
    section: str,
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """A whole page. template: below the console's folder, such as overview/overview.html. section: which entry of the
    navigation it belongs to. values: what the template shows."""
    return _answer(
        request, template, status, title=title, section=section, user=name_of(user), **values
    )


def fragment(request: Request, template: str, **values: Any) -> HTMLResponse:
    """A part of a page, for htmx."""
    return _answer(request, template, 200, **values)


def problem_page(request: Request, problem: Problem) -> HTMLResponse:
    """A problem as a page; what more there is of it is for programs."""
    status = f"{problem.status} {HTTPStatus(problem.status).phrase}"
    answer = _answer(
        request, "templates/problem.html", problem.status, title=problem.title, detail=problem.detail, code=status,
        section="", user="",
    )  # fmt: skip
    answer.headers.update(problem.headers)
    return answer


def _answer(request: Request, template: str, status: int, **values: Any) -> HTMLResponse:
    text = render(
        _CONSOLE,
        template,
        fmt=formats,
        now=values.pop("now", None) or datetime.now(UTC),
        link=lambda path: link(request, path),
        static=lambda name: link(request, static_path(name)),
        airflow=airflow_path,
        sections=SECTIONS,
        **values,
    )
    headers = {
        **GUARDS,
        # Without it a browser that sends no Sec-Fetch-Site says nothing of where a form comes from: Origin: null.
        "Referrer-Policy": "same-origin",
        "Content-Security-Policy": _POLICY,
    }
    return HTMLResponse(text, status, headers)
