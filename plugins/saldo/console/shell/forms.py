"""What a form of a page comes to: back to a page that says what was done, or the page again with what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from saldo.api.answers import GUARDS, Problem, link

#: The parameter of a page that names a message of its room.
TOLD = "told"


def done(request: Request, path: str, told: str = "", **more: str) -> Response:
    """303 to a page. told: which of its messages it shows. more: further parameters of its address."""
    asked = urlencode({**({TOLD: told} if told else {}), **more}, quote_via=quote)
    target = link(request, path) + (f"{'&' if '?' in path else '?'}{asked}" if asked else "")
    if (
        "hx-request" in request.headers
    ):  # a redirect would be followed unseen, and its page put into this one
        return Response(status_code=204, headers={**GUARDS, "HX-Redirect": target})
    return RedirectResponse(target, 303, GUARDS)


def written(request: Request, messages: Mapping[str, str]) -> str | None:
    """What the page tells of what was done a moment ago."""
    return messages.get(request.query_params.get(TOLD, ""))


def problem_values(problem: Problem) -> dict[str, object]:
    """Of a problem, what templates show above a form: title, detail, and each of the single problems."""
    found = problem.more.get("problems", ())
    return {"title": problem.title, "detail": problem.detail, "problems": found}
