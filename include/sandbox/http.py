"""Requests and responses, whatever the vendor."""

from __future__ import annotations

import json
import zlib
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

#: Smaller bodies are not worth packing.
_GZIP_FROM = 1_000


def as_json(body: Any, status: int = 200, kind: str = "application/json") -> Response:
    """kind: the content type."""
    return Response(json.dumps(body, ensure_ascii=False).encode(), status, media_type=kind)


def compressed(request: Request, response: Response) -> Response:
    """The response, packed where the client takes gzip."""
    body = bytes(response.body)
    if len(body) > _GZIP_FROM and "gzip" in request.headers.get("accept-encoding", ""):
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        response.body = packer.compress(body) + packer.flush()
        response.headers["content-encoding"] = "gzip"
        response.headers["content-length"] = str(len(response.body))
    return response


def with_query(request: Request, **changes: Any) -> Request:
    """The same request with other query parameters; None removes one."""
    params = {**request.query_params, **changes}
    query = urlencode({name: value for name, value in params.items() if value is not None})
    return Request({**request.scope, "query_string": query.encode()}, request.receive)


#: The sandbox is one server, which has two names.
_OTHER_NAME = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}


def under_other_name(request: Request) -> str:
    """Scheme and host of this server as another one: where no token must be sent."""
    host = request.url.hostname or ""
    port = f":{request.url.port}" if request.url.port else ""
    return f"{request.url.scheme}://{_OTHER_NAME.get(host, host)}{port}"
