"""Edits that a test or a person makes in a company's first library: POST /sandbox/companies/<id>/library.

{"do": "put", "path": …, "content": base64 | "text": …, "times": how often (1)}, "rename" (path, to), "move" (path, to), "delete" (path), "touch" (path),
"save_meanwhile" (path, content or text: saved as soon as the file is downloaded), "forget_tokens".
"""

from __future__ import annotations

import base64
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.state import state_of

from .library import Library
from .sites import site_of


def edit(request: Request, body: bytes) -> Response:
    """Raises ValueError or KeyError for what cannot be done."""
    library = site_of(state_of(request), request.path_params["id"]).libraries[0]
    values = json.loads(body)
    do = values.pop("do", None)
    if do not in _EDITS:
        raise ValueError(f"do is one of {sorted(_EDITS)}, not {do!r}")
    _EDITS[do](library, values)
    return JSONResponse({"ok": True})


def _content(values: dict[str, Any]) -> bytes:
    is_text = "text" in values
    once = str(values["text"]).encode() if is_text else base64.b64decode(values["content"])
    return once * int(values.get("times", 1))


def _save_meanwhile(library: Library, values: dict[str, Any]) -> None:
    id = library.at(values["path"]).id
    library.saved_meanwhile.setdefault(id, []).append(_content(values))


_EDITS: dict[str, Any] = {
    "put": lambda library, v: library.put(v["path"], _content(v)),
    "folder": lambda library, v: library.folder(v["path"]),
    "rename": lambda library, v: library.rename(v["path"], v["to"]),
    "move": lambda library, v: library.move(v["path"], v["to"]),
    "delete": lambda library, v: library.delete(v["path"]),
    "touch": lambda library, v: library.touch(v["path"]),
    "forget_tokens": lambda library, v: library.forget_tokens(),
    "save_meanwhile": _save_meanwhile,
}
