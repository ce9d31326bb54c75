"""How a route says no: a page for a browser, problem+json (RFC 9457) for a program."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from http import HTTPStatus

from fastapi import Request
from fastapi.responses import JSONResponse, Response

#: On every answer: nothing is kept by a cache, framed by others, or taken for what it is not.
GUARDS = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:12vh auto;padding:0 1em;color:#222}"
    "h1{font-size:1.4em}p.status{color:#666}"
    "@media(prefers-color-scheme:dark){body{background:#1b1b1f;color:#ddd}}"
)
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_PAGE_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{style}</style></head>
<body><h1>{title}</h1><p>{detail}</p><p class="status">{status}</p></body></html>
"""


class Problem(Exception):
    """title: what is wrong; detail: why, and what to do. Both are for whoever asked: no secrets."""

    def __init__(
        self, status: int, title: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(title)
        self.status, self.title, self.detail = status, title, detail
        self.headers = dict(headers or {})


def is_browser(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def refuse(request: Request, problem: Problem) -> Response:
    headers = {**GUARDS, **problem.headers}
    if is_browser(request):
        page = _PAGE.format(
            title=escape(problem.title),
            detail=escape(problem.detail),
            status=f"{problem.status} {HTTPStatus(problem.status).phrase}",
            style=_STYLE,
        )
        headers["Content-Security-Policy"] = _PAGE_POLICY
        return Response(page, problem.status, headers, media_type="text/html")
    body = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    return JSONResponse(body, problem.status, headers, media_type="application/problem+json")
