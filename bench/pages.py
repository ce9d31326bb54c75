"""A server of booked entries that were rendered beforehand: it must never be what is measured.

    python -m bench.pages <port> <entries>

The sandbox's ledger is written once into one run of bytes; a page is a slice of it. It answers what a
client asks of the entity `entries` (cursor pages, ranges, keys, counts, the highest number) and
`/rest/self`; other filters are answered by a scan. Bodies are not compressed.

GET /bench                how many requests since it was last asked so
GET /bench?entries=n      hold only the first n entries; latency_ms=n waits so long in each request;
                          change=n writes another text into every n-th entry
"""

from __future__ import annotations

import asyncio
import json
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

import uvicorn

from sandbox.books.company import Company
from sandbox.books.ledger import Ledger
from sandbox.vendors.economic.entries import ENTRY_FIELDS
from sandbox.vendors.economic.filters import Clause, parse, range_of
from sandbox.vendors.economic.paging import CURSOR_PAGE
from sandbox.vendors.economic.shapes.ledger import entry, self_resource

COMPANY = Company(
    id="bench", agreement_number=1, name="bench", seed=1, currencies=("EUR",), customers=5_000
)
_TEXT = b'"text":"'
_ENTRIES = "/booked-entries"
Query = dict[str, str]


class Rendered:
    """Entries as JSON, one after the other with commas between, and where each begins."""

    def __init__(self, entries: int) -> None:
        ledger = Ledger(Company.from_json({**COMPANY.to_json(), "entries": entries}), day=0)
        self.numbers: list[int] = []
        self._starts: list[int] = []
        self._bytes = bytearray()
        for line in ledger.lines():
            self.numbers.append(line.number)
            self._starts.append(len(self._bytes))
            self._bytes += entry(line).encode() + b","
        self._starts.append(len(self._bytes))
        self.size = len(self.numbers)

    def slice(self, first: int, end: int) -> memoryview:
        """The entries at places first..end-1, without the comma after the last."""
        if end <= first:
            return memoryview(b"")
        return memoryview(self._bytes)[self._starts[first] : self._starts[end] - 1]

    def change(self, every: int) -> None:
        """Another text, of the same length, in every so-manieth entry; a second call changes it back."""
        for place in range(0, len(self._starts) - 1, every):
            at = self._bytes.index(_TEXT, self._starts[place]) + len(_TEXT)
            self._bytes[at : at + 1] = self._bytes[at : at + 1].swapcase()

    def keep(self, clauses: list[Clause], places: Iterable[int]) -> list[int]:
        """Those of the places whose entries match: decoded one by one, for rare questions only."""
        return [p for p in places if _matches(clauses, json.loads(bytes(self.slice(p, p + 1))))]


def _matches(clauses: list[Clause], values: dict[str, Any]) -> bool:
    for clause in clauses:
        value = values.get(clause.field, 0 if clause.field == "remainder" else None)
        if not clause.matches(None if value is None else ENTRY_FIELDS[clause.field](str(value))):
            return False
    return True


class Server:
    """The ASGI application."""

    def __init__(self, rendered: Rendered) -> None:
        self._rendered = rendered
        self._size, self._latency_s, self._requests = rendered.size, 0.0, 0

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        query = {k: v[-1] for k, v in parse_qs(scope["query_string"].decode()).items()}
        if path == "/bench":
            body: bytes | None = self._administer(query)
        else:
            self._requests += 1
            if self._latency_s:
                await asyncio.sleep(self._latency_s)
            body = self._answer(path, query)
        status, body = (404, b"{}") if body is None else (200, body)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _administer(self, query: Query) -> bytes:
        found, self._requests = self._requests, 0
        if "entries" in query:
            self._size = min(int(query["entries"]), self._rendered.size)
        if "latency_ms" in query:
            self._latency_s = int(query["latency_ms"]) / 1000
        if "change" in query:
            self._rendered.change(int(query["change"]))
        return json.dumps({"requests": found, "entries": self._size}).encode()

    def _answer(self, path: str, query: Query) -> bytes | None:
        if path.endswith("/rest/self"):
            return json.dumps(self_resource(COMPANY, "http://127.0.0.1")).encode()
        if path.endswith(f"{_ENTRIES}/count"):
            return str(len(self._places(query))).encode()
        if path.endswith(f"{_ENTRIES}/paged"):
            return self._paged(query)
        return self._cursor_page(query) if path.endswith(_ENTRIES) else None

    def _places(self, query: Query) -> range | list[int]:
        """Where the entries that match lie, in order of their numbers."""
        numbers = self._rendered.numbers
        asked = range_of(parse(query.get("filter"), ENTRY_FIELDS), "entryNumber")
        if asked.chosen is not None:
            found = [p for n in asked.chosen if (p := self._place(n)) is not None]
            return self._rendered.keep(asked.rest, found)
        first, end = bisect_right(numbers, asked.after), self._size
        if asked.upto is not None:
            end = min(end, bisect_right(numbers, asked.upto))
        places = range(first, max(first, end))
        return self._rendered.keep(asked.rest, places) if asked.rest else places

    def _place(self, number: int) -> int | None:
        numbers = self._rendered.numbers
        place = bisect_left(numbers, number)
        return place if place < self._size and numbers[place] == number else None

    def _cursor_page(self, query: Query) -> bytes:
        places, numbers = self._places(query), self._rendered.numbers
        first = bisect_left(places, bisect_left(numbers, int(query.get("cursor", 0))))
        page, rest = places[first : first + CURSOR_PAGE], places[first + CURSOR_PAGE :]
        tail = b"]}" if not rest else f'],"cursor":"{numbers[rest[0]]}"}}'.encode()
        return b"".join((b'{"items":[', self._written(page), tail))

    def _paged(self, query: Query) -> bytes:
        places = self._places(query)
        if query.get("sort", "").startswith("-"):
            places = places[::-1]
        size = int(query.get("pagesize", CURSOR_PAGE))
        skip = int(query.get("skippages", 0)) * size
        return b"".join((b"[", self._written(places[skip : skip + size]), b"]"))

    def _written(self, places: range | list[int]) -> bytes | memoryview:
        if isinstance(places, range) and places.step == 1:
            return self._rendered.slice(places.start, places.stop)
        return b",".join(self._rendered.slice(place, place + 1) for place in places)


def main() -> None:
    port, entries = map(int, sys.argv[1:])
    app = Server(Rendered(entries))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
