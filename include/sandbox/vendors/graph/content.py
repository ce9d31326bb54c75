"""Content of files, on a host of its own: a link with its own key for some minutes, and no place for an app's token."""

from __future__ import annotations

import time
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from sandbox.http import under_other_name
from sandbox.state import state_of

from .library import Node
from .sites import Site, site_of

PATH = "/sharepoint/{company}/_layouts/15/download.aspx"
_MINUTES = 5


def link(request: Request, site: Site, node: Node) -> str:
    """Where a file can be fetched without a token, for some minutes."""
    until = int(time.time()) + _MINUTES * 60
    return (
        f"{under_other_name(request)}"
        f"{PATH.format(company=site.company)}?UniqueId={quote(node.id)}&tempauth={_key(node.id, until)}"
    )


def answer(request: Request, body: bytes) -> Response:
    """What a link leads to. A token beside its key is refused, as SharePoint does."""
    id, key = request.query_params.get("UniqueId", ""), request.query_params.get("tempauth", "")
    until = key.partition(".")[2].partition(".")[0]
    if request.headers.get("Authorization"):
        return Response("401 UNAUTHORIZED", 401, media_type="text/plain")
    if not until.isdecimal() or int(until) < time.time() or key != _key(id, int(until)):
        return Response("<html><body>Access denied</body></html>", 403, media_type="text/html")
    for library in site_of(state_of(request), request.path_params["company"]).libraries:
        if id in library.nodes and not library.nodes[id].is_deleted:
            return Response(library.taken(id), media_type="application/octet-stream")
    return Response("<html><body>File not found</body></html>", 404, media_type="text/html")


def _key(id: str, until: int) -> str:
    return f"v1sandboxtempauth.{until}.{abs(hash((id, until))):x}"
