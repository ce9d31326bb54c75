"""The e-conomic client: two token headers, two API families, their paging and their quirks.

Docs: https://restdocs.e-conomic.com (classic) and https://apis.e-conomic.com (OpenAPI services).
Quirks handled here: `nextPage` is an absolute link (followed on the configured host only); an OpenAPI
set ends where `cursor` is absent; `/paged` stops at 10,000 in silence and is never used for a whole
set; a module that is not bought answers 403. Large sets with growing numbers are read in disjoint
ranges of numbers, a few requests at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from saldo.entity import Entity
from saldo.errors import BadResponse, ConfigError, Unavailable
from saldo.prefetch import in_order, prefetched
from saldo.reading import Moved, Page, Read, Usage
from saldo.records import tolerant
from saldo.transport import Caller, Policy, Transport

from .filters import MAX_KEYS, clauses, filtered, overlapped, parts, stamp
from .limits import is_unlicensed, observe_rate_limit

PRODUCTION_REST = "https://restapi.e-conomic.com"
PRODUCTION_OPENAPI = "https://apis.e-conomic.com"
MAX_PAGE = 1000
#: A change log has pages of at most 100, and nothing past the first 10,000 is ever sent.
LOG_PAGE, LOG_END = 100, 10_000
#: How full a page of a range is meant to be: a little air, since numbers lie unevenly.
FILLED = 0.95
#: Fair use: so many calls an agreement in 24 hours (e-conomic.com/developer/fair-use-policy).
DAILY_CALLS = 50_000


class _Pagination(msgspec.Struct, rename="camel"):
    results: int
    next_page: str | None = None


class _Collection(msgspec.Struct):
    collection: list[msgspec.Raw]
    pagination: _Pagination


class _Items(msgspec.Struct):
    items: list[msgspec.Raw]
    cursor: str | int | None = None


class _Self(msgspec.Struct, rename="camel"):
    agreement_number: int


class _LogEntry(msgspec.Struct, rename="camel"):
    entry_number: int
    timestamp: datetime


_collection = tolerant(msgspec.json.Decoder(_Collection).decode)
_items = tolerant(msgspec.json.Decoder(_Items).decode)
_self = tolerant(msgspec.json.Decoder(_Self).decode)
_integer = msgspec.json.Decoder(int).decode
_numbers = msgspec.json.Decoder(list[dict[str, Any]]).decode
_log = msgspec.json.Decoder(list[_LogEntry]).decode


class EconomicClient:
    """Reads one agreement. Safe to use from several threads."""

    daily_calls: int | None = DAILY_CALLS

    def __init__(
        self,
        caller: Caller,
        *,
        grant_token: str,
        app_secret_token: str,
        rest_url: str = PRODUCTION_REST,
        openapi_url: str = PRODUCTION_OPENAPI,
        agreement_number: str | None = None,
        policy: Policy | None = None,
    ) -> None:
        self._caller = caller
        self._rest, self._openapi = rest_url.rstrip("/"), openapi_url.rstrip("/")
        self._agreement_number = agreement_number
        self._found: str | None = None
        self._transport = Transport(
            caller,
            base_urls=(self._rest, self._openapi),
            headers={
                "X-AppSecretToken": app_secret_token,
                "X-AgreementGrantToken": grant_token,
                "Content-Type": "application/json",
            },
            policy=policy,
            observe=observe_rate_limit,
            is_unlicensed=is_unlicensed,
        )
        self.usage: Usage = self._transport.usage

    def check_identity(self, known: str | None) -> str:
        """The agreement number of the tokens.

        Raises ConfigError when it is not the one the connection names, or not the one whose books
        were landed before: another company's tokens would otherwise load another company's books.
        """
        if self._found is None:
            answer = self._transport.get(f"{self._rest}/self", decode=_self)
            self._found = str(answer.agreement_number)
        found = self._found
        for expected, told_by in (
            (self._agreement_number, "the connection"),
            (known, "earlier runs"),
        ):
            if expected is not None and expected != found:
                raise ConfigError(
                    f"economic agreement {self._caller.agreement!r}: the tokens of connection "
                    f"{self._caller.connection!r} belong to e-conomic agreement {found}, but "
                    f"{told_by} say(s) {expected}; nothing was landed. Correct the grant token"
                )
        return found

    def pages(self, entity: Entity, read: Read, *, resume: str | None = None) -> Iterator[Page]:
        """See Source.pages; keys are asked for in filters of at most 200."""
        if entity.path == "self":
            yield Page([self._raw(entity)], None, announced=1)
        elif read.kind == "keys":
            for part in parts(read):
                yield from self._follow(entity, part, None)
        elif entity.is_key_ordered and read.kind in ("since", "everything"):
            yield from self._in_ranges(entity, Read.since(int(resume or read.marker or 0)))
        else:
            yield from prefetched(self._follow(entity, read, resume))

    def count(self, entity: Entity, read: Read, *, upto: int | None = None) -> int | None:
        """See Source.count; keys are asked for in filters of at most 200."""
        if read.kind == "keys" and len(read.keys) > MAX_KEYS:
            return sum(self.count(entity, part, upto=upto) or 0 for part in parts(read))
        found = clauses(entity, read)
        if upto is not None:
            found.append(f"{entity.key_parts[0]}$lte:{upto}")
        params = filtered(found)
        if _is_openapi(entity):
            url = f"{self._openapi}/{entity.path}/count"
            return self._transport.get(url, params=params, decode=_integer)
        page = self._transport.get(
            f"{self._rest}/{entity.path}", params={**params, "pagesize": 1}, decode=_collection
        )
        return page.pagination.results

    def newest(self, entity: Entity) -> str | None:
        """See Source.newest."""
        entries = self._log(entity, {"pagesize": 1, "skippages": 0})
        return stamp(entries[0].timestamp) if entries else None

    def moved(self, entity: Entity, marker: str | None) -> Moved | None:
        """See Source.moved. The log's first page is its newest; a day's overlap is read again."""
        since = filtered([f"timestamp$gte:{overlapped(marker)}"] if marker else [])
        keys: dict[str, None] = {}
        newest = [marker] if marker else []
        for first in range(0, LOG_END, LOG_PAGE):
            paging: dict[str, str | int] = {"pagesize": LOG_PAGE, "skippages": first // LOG_PAGE}
            entries = self._log(entity, since | paging)
            keys.update((str(entry.entry_number), None) for entry in entries)
            newest += [stamp(entry.timestamp) for entry in entries]
            if len(entries) < LOG_PAGE:
                return Moved(tuple(keys), max(newest, default=None))
        return None

    def _log(self, entity: Entity, params: dict[str, str | int]) -> list[_LogEntry]:
        return self._transport.get(f"{self._openapi}/{entity.log}", params=params, decode=_log)

    # --- paging ----------------------------------------------------------------------------------

    def _raw(self, entity: Entity) -> msgspec.Raw:
        return self._transport.get(f"{self._rest}/{entity.path}", decode=_whole)

    def _follow(
        self, entity: Entity, read: Read, resume: str | None, *, first: Page | None = None
    ) -> Iterator[Page]:
        fetch = self._openapi_page if _is_openapi(entity) else self._classic_page
        seen: set[str | int] = set()
        while True:
            page, first = first or fetch(entity, read, resume), None
            yield page
            if page.next is None:
                return
            if page.next in seen or _print(page) in seen:
                raise BadResponse(
                    f"economic agreement {self._caller.agreement!r}: {entity.name} pages lead in a "
                    "circle; tell the vendor"
                )
            seen |= {page.next, _print(page)}
            resume = page.next

    def _in_ranges(self, entity: Entity, read: Read) -> Iterator[Page]:
        """Records beyond a number, in order. What does not fit on a page is read in disjoint ranges of
        numbers, several at a time; `next` is the number after which to go on."""
        first = self._openapi_page(entity, read, None)
        page: Page | None = first
        if first.next is not None and (ranges := self._ranges(entity, _last_whole(entity, first))):
            yield Page(first.records, str(ranges[0].marker))
            calls: list[Callable[[], Page]] = [
                partial(self._openapi_page, entity, one, None) for one in ranges
            ]
            for one, found in zip(ranges, in_order(calls), strict=True):
                yield from self._rest_of(entity, one, found)
            # Numbers lie unevenly, and books grow while they are read: the end is where no more comes.
            read, page = Read.since(ranges[-1].upto or 0), None
        for found in prefetched(self._follow(entity, read, None, first=page)):
            is_last = found.next is None
            yield found if is_last else Page(found.records, str(_last_whole(entity, found)))

    def _ranges(self, entity: Entity, after: int) -> list[Read]:
        """Ranges from `after` to the highest number, each meant to hold one page."""
        key = entity.key_parts[0]
        try:
            newest = self._transport.get(
                f"{self._openapi}/{entity.path}/paged",
                params={"sort": f"-{key}", "pagesize": 1, "skippages": 0},
                decode=_numbers,
            )
            highest = _number(entity, newest[0]) if newest else after
        except (BadResponse, Unavailable):
            return []  # it is an estimate's input only: without it the set is read page by page
        left = self.count(entity, Read.range(after, highest)) or 0
        if left <= MAX_PAGE:
            return []
        width = max(1, int((highest - after) * MAX_PAGE * FILLED / left))
        starts = range(after, highest, width)
        return [Read.range(start, min(start + width, highest)) for start in starts]

    def _rest_of(self, entity: Entity, one: Read, page: Page) -> Iterator[Page]:
        """The pages of a range, of which the first is there; rarely is there another."""
        for found in self._follow(entity, one, None, first=page):
            is_last = found.next is None
            yield Page(found.records, str(one.upto if is_last else _last_whole(entity, found)))

    def _openapi_page(self, entity: Entity, read: Read, cursor: str | None) -> Page:
        params = filtered(clauses(entity, read))
        if cursor is not None:
            params["cursor"] = cursor
        found = self._transport.get(f"{self._openapi}/{entity.path}", params=params, decode=_items)
        return Page(found.items, None if found.cursor is None else str(found.cursor))

    def _classic_page(self, entity: Entity, read: Read, link: str | None) -> Page:
        params: dict[str, str | int] = {}
        if link is None:
            params = filtered(clauses(entity, read)) | {"pagesize": MAX_PAGE, "skippages": 0}
        url = link or f"{self._rest}/{entity.path}"
        found = self._transport.get(url, params=params, decode=_collection)
        return Page(found.collection, found.pagination.next_page, found.pagination.results)


@tolerant
def _whole(body: bytes) -> msgspec.Raw:
    msgspec.json.decode(body)
    return msgspec.Raw(body)


def _is_openapi(entity: Entity) -> bool:
    return "api/v" in entity.path


def _last_whole(entity: Entity, page: Page) -> int:
    """The highest number that is complete with this page: of several records with one number the last
    few may be on the next."""
    if not page.records:
        return 0
    last = _number(entity, msgspec.json.decode(page.records[-1]))
    return last if len(entity.key_parts) == 1 else last - 1


def _number(entity: Entity, record: dict[str, Any]) -> int:
    key = entity.key_parts[0]
    try:
        return int(record[key])
    except (KeyError, TypeError, ValueError):
        raise BadResponse(
            f"the last record of a page has no number in {key} ({str(record)[:200]}). Nothing "
            "of this page was stored; correct the record at the vendor or the declaration"
        ) from None


def _print(page: Page) -> int:
    """What tells a page from another: one that comes again under a new cursor leads nowhere."""
    ends = (bytes(page.records[0]), bytes(page.records[-1])) if page.records else ()
    return hash((len(page.records), ends))
