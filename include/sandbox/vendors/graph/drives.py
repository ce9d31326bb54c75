"""What is asked of a library: items by path and by id, folders, changes, and the way to a file's content."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from sandbox.http import as_json
from sandbox.state import state_of

from . import content, shapes
from .answers import bad_request, not_found, refuse
from .changes import Token, TokenGone, changes, told
from .library import Library, Node
from .sites import Site, page_of

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def in_drive(request: Request, site: Site, library: Library) -> Response:
    """The answer to whoever may ask."""
    raw = _raw_rest(request, library)
    if _BAD_ESCAPE.search(raw):
        return bad_request(request)
    try:
        node, action = _found(library, raw)
    except KeyError:
        return not_found(request)
    answer = _ACTIONS.get(action)
    return answer(request, site, library, node) if answer else bad_request(request)


def _raw_rest(request: Request, library: Library) -> str:
    """What follows the drive, with its escapes: %23 and # are different things."""
    raw = request.scope.get("raw_path") or request.url.path.encode()
    _, _, rest = raw.decode("latin-1").partition("/drives/")
    return rest.partition("/")[2]


def _found(library: Library, raw: str) -> tuple[Node, str]:
    """The item that is meant, and what is wanted of it. Raises KeyError."""
    if raw.startswith("root:/"):
        path, _, action = raw.removeprefix("root:/").partition(":")
        return library.at("/".join(unquote(part) for part in path.split("/"))), action.strip("/")
    if raw == "root" or raw.startswith("root/"):
        return library.root, raw.removeprefix("root").strip("/")
    if raw.startswith("items/"):
        id, _, action = raw.removeprefix("items/").partition("/")
        return library.of_id(unquote(id)), action
    raise KeyError(raw)


def _item(request: Request, site: Site, library: Library, node: Node) -> Response:
    return as_json(_whole(request, site, library, node))


def _whole(request: Request, site: Site, library: Library, node: Node) -> dict[str, Any]:
    """An item as Graph gives it unasked: a file begins with a link that opens it."""
    found = shapes.item(library, node)
    if node.kind == "folder":
        return found
    return {"@microsoft.graph.downloadUrl": content.link(request, site, node), **found}


def _children(request: Request, site: Site, library: Library, node: Node) -> Response:
    page, skip = (
        page_of(state_of(request), site.company),
        request.query_params.get("skiptoken", "0"),
    )
    if "$skip" in request.query_params or not skip.isdecimal():
        return bad_request(request)
    found = sorted(library.children(node.id), key=lambda n: n.name.casefold())
    rows = [_whole(request, site, library, n) for n in found[int(skip) : int(skip) + page]]
    body: dict[str, Any] = {"value": rows}
    if int(skip) + page < len(found):
        here = str(request.url).partition("?")[0]
        body["@odata.nextLink"] = f"{here}?skiptoken={int(skip) + page}"
    return as_json(body)


def _delta(request: Request, site: Site, library: Library, node: Node) -> Response:
    asked, base = request.query_params.get("token", ""), str(request.url).partition("?")[0]
    try:
        token = (
            Token(len(library.events))
            if asked == "latest"
            else Token.of(asked)
            if asked
            else Token()
        )
        found, following, is_last = changes(
            library, token, page=page_of(state_of(request), site.company)
        )
    except ValueError:
        return bad_request(request)
    except TokenGone:
        gone = refuse(
            request, 410, "Resync required. Replace any local items with the server's version.",
            "resyncRequired", inner="resyncChangesApplyDifferences",
        )  # fmt: skip
        gone.headers["Location"] = f"{base}?token={Token().text()}"
        return gone
    link = "@odata.deltaLink" if is_last else "@odata.nextLink"
    rows = [told(n, _whole(request, site, library, n)) for n in found]
    return as_json({"value": rows, link: f"{base}?token={following.text()}"})


def _content(request: Request, site: Site, library: Library, node: Node) -> Response:
    if node.kind != "file":
        return bad_request(request)
    return Response(status_code=302, headers={"Location": content.link(request, site, node)})


_ACTIONS: dict[str, Callable[[Request, Site, Library, Node], Response]] = {
    "": _item,
    "children": _children,
    "delta": _delta,
    "content": _content,
}
