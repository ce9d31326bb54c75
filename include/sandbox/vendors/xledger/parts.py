"""What a request carries: JSON, or a form of parts, of which `content` holds the JSON and the others are files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from python_multipart import parse_form
from python_multipart.exceptions import FormParserError
from starlette.requests import Request

#: Name of a part -> file name, content type, content.
Files = Mapping[str, tuple[str, str, bytes]]
_CONTENT = b"content"


def asked_in(request: Request, body: bytes) -> tuple[dict[str, Any] | None, Files]:
    """What is asked, and the files; None where that is no query."""
    kind = request.headers.get("content-type", "")
    files: dict[str, tuple[str, str, bytes]] = {}
    if kind.startswith("multipart/form-data"):
        try:
            body, files = _parts(kind, body)
        except FormParserError:
            return None, {}
    try:
        found = json.loads(body)
    except ValueError:
        return None, {}
    is_query = isinstance(found, dict) and isinstance(found.get("query"), str)
    return (found if is_query else None), files


def _parts(kind: str, body: bytes) -> tuple[bytes, dict[str, tuple[str, str, bytes]]]:
    content, files = [b""], dict[str, tuple[str, str, bytes]]()

    def field(one: Any) -> None:
        if one.field_name == _CONTENT:
            content[0] = one.value or b""

    def file(one: Any) -> None:
        one.file_object.seek(0)
        name = one.field_name.decode()
        called = (one.file_name or b"").decode()
        files[name] = (called, one.content_type or "", one.file_object.read())

    headers = {"Content-Type": kind.encode(), "Content-Length": str(len(body)).encode()}
    parse_form(headers, BytesIO(body), field, file)
    return content[0], files
