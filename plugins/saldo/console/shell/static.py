"""Styles, scripts and the libraries kept beside them (static/vendor/README.md): open to everybody, and kept by browsers.

An address names the content's hash: a new version has a new address.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent.parent / "static"
_YEAR_S = 31_536_000


class Static(StaticFiles):
    """The folder's files, for a year where the address names the hash."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        is_named = b"v=" in scope.get("query_string", b"")
        kept = f"public, max-age={_YEAR_S}, immutable" if is_named else "no-cache"
        answer.headers.update({"Cache-Control": kept, "X-Content-Type-Options": "nosniff"})
        return answer


@cache
def static_path(name: str) -> str:
    """The path of a file, such as /static/saldo.css?v=1a2b3c4d5e6f."""
    return f"/static/{name}?v={sha256((FOLDER / name).read_bytes()).hexdigest()[:12]}"
