"""The vendor, played over books in memory that a test changes; who asks, and faults, are the sandbox's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.credentials import Credential
from sandbox.http import as_json
from sandbox.state import state_of
from sandbox.vendor import Endpoint, Lists, Vendor

NAME = "example_vendor"
TOKEN = "sandbox-example-vendor"
Record = dict[str, Any]
#: What a record is known by.
KEYS = {
    "company": ("company_id",),
    "accounts": ("account_code",),
    "fiscal-years": ("fiscal_year",),
    "contacts": ("contact_id",),
    "postings": ("journal_code", "line_id"),
}


@dataclass
class Stream:
    """A set of records, and every change of it in order; a record of None was deleted.

    A cursor is a place among the changes, written so that nobody can compare two of them.
    """

    key: tuple[str, ...]
    changes: list[tuple[tuple[str, ...], Record | None]] = field(default_factory=list)

    def put(self, *records: Record) -> None:
        """New records, and others in place of those with the same key."""
        self.changes += [(tuple(str(one[part]) for part in self.key), one) for one in records]

    def delete(self, *key: str) -> None:
        self.changes.append((key, None))

    @property
    def records(self) -> dict[tuple[str, ...], Record]:
        """What is there now, by key."""
        return {key: record for key, record in dict(self.changes).items() if record is not None}

    @property
    def cursor(self) -> str:
        return _opaque(self.key, len(self.changes))

    def since(self, cursor: str) -> list[tuple[tuple[str, ...], Record | None]] | None:
        """What changed after a cursor; None for one that nobody was given."""
        places = {_opaque(self.key, n): n for n in range(len(self.changes) + 1)}
        return self.changes[places[cursor] :] if cursor in places else None


class Books:
    """One company's books: a Stream per path."""

    def __init__(self, records: Mapping[str, Sequence[Record]], *, page_size: int = 4) -> None:
        self.streams = {path: Stream(key) for path, key in KEYS.items()}
        self.page_size = page_size
        for path, found in records.items():
            self.streams[path].put(*found)

    def __getitem__(self, path: str) -> Stream:
        return self.streams[path]


def played(books: Books) -> Vendor:
    """The vendor as it is mounted; its token opens these books."""

    def answer(request: Request, body: bytes) -> Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        known = state_of(request).credentials.of(NAME, token)
        if scheme != "Bearer" or known is None or not known.is_good:
            return _refuse(request, 401, "this token opens nothing", "token")
        path, _, what = str(request.path_params["path"]).partition("/")
        if path not in books.streams or what not in ("", "cursor", "changes"):
            return _refuse(request, 404, "there is no such list", "path")
        return _answer(request, books[path], what, books.page_size)

    return Vendor(
        NAME,
        endpoints=(Endpoint(f"/{NAME}/v1/{{path:path}}", answer),),
        refuse=_refuse,
        lists=Lists(records=lambda body: body.get("data")),
        credentials=(Credential(NAME, TOKEN, ("De Molen",)),),
    )


def _answer(request: Request, stream: Stream, what: str, page_size: int) -> Response:
    if what == "cursor":
        return as_json({"cursor": stream.cursor})
    told: Sequence[tuple[tuple[str, ...], Record | None]] | None
    told = list(stream.records.items())
    if what == "changes":
        told = stream.since(request.query_params.get("cursor", ""))
    if told is None:
        return _refuse(request, 410, "this cursor is not known any more", "cursor")
    places = range(0, max(len(told), 1), page_size)
    pages = {_opaque(stream.key, ("page", first)): first for first in places}
    first = pages.get(request.query_params.get("page", ""), 0)
    part = dict(told[first : first + page_size])
    is_last = first == places[-1]
    return as_json(
        {
            "data": [record for record in part.values() if record is not None],
            "removed": [dict(zip(stream.key, key, strict=True)) for key in part if not part[key]],
            "next_page": None if is_last else _opaque(stream.key, ("page", first + page_size)),
        }
    )


def _refuse(request: Request, status: int, message: str, code: str) -> Response:
    return as_json({"error": {"code": code, "message": message}}, status)


def _opaque(*place: object) -> str:
    return blake2b(repr(place).encode(), digest_size=12).hexdigest()
