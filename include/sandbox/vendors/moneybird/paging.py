"""Pages of lists: page, per_page, Link by rel (prev stands before next) and X-Total-Count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from sandbox.http import as_json

from .errors import bad_request

T = TypeVar("T")
#: Where nobody says how many; the most there may be.
DEFAULT, LARGEST = 25, 100


def page_of(
    request: Request, rows: Sequence[T], *, is_of_documents: bool
) -> tuple[Sequence[T], dict[str, str]]:
    """A page and its headers. is_of_documents: which words a wrong per_page is refused with. Raises Refused."""
    per_page = _number(request, "per_page", DEFAULT)
    page = _number(request, "page", 1)
    if not 1 <= per_page <= LARGEST:
        if is_of_documents:
            size = "big" if per_page > LARGEST else "small"
            raise bad_request(
                f"Per Page is too {size}", per_page="max" if per_page > LARGEST else "min"
            )
        raise bad_request("per_page does not have a valid value")
    if page < 1:
        raise (
            bad_request("Page is too small", page="min")
            if is_of_documents
            else bad_request("page does not have a valid value")
        )
    first = (page - 1) * per_page
    links = []
    if page > 1:
        links.append(f'<{_url(request, page - 1, per_page)}>; rel="prev"')
    if first + per_page < len(rows):
        links.append(f'<{_url(request, page + 1, per_page)}>; rel="next"')
    headers = {"X-Total-Count": str(len(rows))}
    if links:
        headers["Link"] = ", ".join(links)
    return rows[first : first + per_page], headers


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.lstrip("-").isdigit():
        raise bad_request(f"{name} is invalid")
    return int(text)


def _url(request: Request, page: int, per_page: int) -> str:
    query = {**request.query_params, "page": page, "per_page": per_page}
    return f"{str(request.url).partition('?')[0]}?{urlencode(query)}"


def answered(rows: Sequence[Any], headers: dict[str, str]) -> Response:
    response = as_json(list(rows))
    response.headers.update(headers)
    return response
