"""The e-conomic client: two token headers, two API families, their paging and their quirks.

Docs: https://restdocs.e-conomic.com (classic) and https://apis.e-conomic.com (OpenAPI services).
Quirks handled here: `nextPage` is an absolute link (followed on the configured host only); an OpenAPI
set ends where `cursor` is absent; `/paged` stops at 10,000 in silence and is never used; a module that
is not bought answers 403.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from saldo.entity import Entity
from saldo.errors import BadResponse, ConfigError
from saldo.limiter import WindowLimiter
from saldo.reading import Page, Read, Usage
from saldo.records import tolerant
from saldo.transport import Caller, Policy, Transport, prefetched

PRODUCTION_REST = "https://restapi.e-conomic.com"
PRODUCTION_OPENAPI = "https://apis.e-conomic.com"
MAX_PAGE = 1000
#: A filter takes at most this many values in $in:[…].
MAX_KEYS = 200
#: A change may be committed after one with a later stamp: markers of time are read with an overlap.
OVERLAP = timedelta(days=1)
#: Classic resources that belong to a module; what their 403 says differs, so the path decides.
MODULE_PATHS = ("/departments",)

_LIMIT = re.compile(r"token-limit-(\d+)-per-(\d+)-seconds:\s*(\d+)/\d+")


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


_collection = tolerant(msgspec.json.Decoder(_Collection).decode)
_items = tolerant(msgspec.json.Decoder(_Items).decode)
_self = msgspec.json.Decoder(_Self).decode
_integer = msgspec.json.Decoder(int).decode


class EconomicClient:
    """Reads one agreement. Safe to use from one thread and its prefetching helper."""

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
            is_unlicensed=_is_unlicensed,
        )
        self.usage: Usage = self._transport.usage

    def check_identity(self, known: str | None) -> str:
        """The agreement number of the tokens.

        Raises ConfigError when it is not the one the connection names, or not the one whose books
        were landed before: another company's tokens would otherwise load another company's books.
        """
        found = str(self._transport.get(f"{self._rest}/self", decode=_self).agreement_number)
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
            for first in range(0, len(read.keys), MAX_KEYS):
                part = Read.of_keys(read.keys[first : first + MAX_KEYS])
                yield from self._follow(entity, part, None)
        else:
            yield from prefetched(self._follow(entity, read, resume))

    def count(self, entity: Entity, read: Read, *, upto: int | None = None) -> int | None:
        """See Source.count."""
        params: dict[str, str | int] = {}
        clauses = [*_clauses(entity, read)]
        if upto is not None:
            clauses.append(f"{entity.key_parts[0]}$lte:{upto}")
        if clauses:
            params["filter"] = "$and:".join(clauses)
        if _is_openapi(entity):
            url = f"{self._openapi}/{entity.path}/count"
            return self._transport.get(url, params=params, decode=_integer)
        page = self._transport.get(
            f"{self._rest}/{entity.path}", params={**params, "pagesize": 1}, decode=_collection
        )
        return page.pagination.results

    # --- paging ----------------------------------------------------------------------------------

    def _raw(self, entity: Entity) -> msgspec.Raw:
        return self._transport.get(f"{self._rest}/{entity.path}", decode=_whole)

    def _follow(self, entity: Entity, read: Read, resume: str | None) -> Iterator[Page]:
        fetch = self._openapi_page if _is_openapi(entity) else self._classic_page
        seen: set[str] = set()
        while True:
            page = fetch(entity, read, resume)
            yield page
            if page.next is None:
                return
            if page.next in seen:
                raise BadResponse(
                    f"economic agreement {self._caller.agreement!r}: {entity.name} pages lead in a "
                    "circle; tell the vendor"
                )
            seen.add(page.next)
            resume = page.next

    def _openapi_page(self, entity: Entity, read: Read, cursor: str | None) -> Page:
        params: dict[str, str | int] = {}
        clauses = _clauses(entity, read)
        if clauses:
            params["filter"] = "$and:".join(clauses)
        if cursor is not None:
            params["cursor"] = cursor
        found = self._transport.get(f"{self._openapi}/{entity.path}", params=params, decode=_items)
        return Page(found.items, None if found.cursor is None else str(found.cursor))

    def _classic_page(self, entity: Entity, read: Read, link: str | None) -> Page:
        params: dict[str, str | int] = {}
        if link is None:
            params = {"pagesize": MAX_PAGE, "skippages": 0}
            clauses = _clauses(entity, read)
            if clauses:
                params["filter"] = "$and:".join(clauses)
        url = link or f"{self._rest}/{entity.path}"
        found = self._transport.get(url, params=params, decode=_collection)
        return Page(found.collection, found.pagination.next_page, found.pagination.results)


def _whole(body: bytes) -> msgspec.Raw:
    msgspec.json.decode(body)
    return msgspec.Raw(body)


def _is_openapi(entity: Entity) -> bool:
    return "api/v" in entity.path


def _clauses(entity: Entity, read: Read) -> list[str]:
    """The filter of a read in the vendor's language."""
    if read.kind == "since":
        if entity.is_key_ordered:
            return [f"{entity.changed}$gt:{read.marker}"] if read.marker else []
        return [f"{entity.changed}$gte:{_overlapped(str(read.marker))}"]
    if read.kind == "window":
        return [f"{entity.window}$gte:{read.start}", f"{entity.window}$lt:{_day_after(read.end)}"]
    if read.kind == "open":
        return [f"{entity.settles}$ne:0"]
    if read.kind == "keys":
        return [f"{entity.key_parts[0]}$in:[{','.join(read.keys)}]"]
    return []


def _day_after(day: date | None) -> date | None:
    """Dates may carry a time: a window ends before the next day, not at its last midnight."""
    return day + timedelta(days=1) if day else None


def _overlapped(stamp: str) -> str:
    moment = datetime.fromisoformat(stamp.replace("Z", "+00:00")).astimezone(UTC) - OVERLAP
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_unlicensed(path: str, body: bytes) -> bool:
    return b"MissingModules" in body or path.endswith(MODULE_PATHS)


def observe_rate_limit(limiter: WindowLimiter, headers: Mapping[str, Any]) -> None:
    """Read X-RateLimiting ("token-limit-10000-per-60-seconds: 147/10000") and X-CallCost (older
    answers hold a letter there)."""
    match = _LIMIT.search(headers.get("X-RateLimiting", ""))
    if match:
        limit, window_s, used = map(int, match.groups())
        cost = headers.get("X-CallCost", "")
        limiter.observe(
            limit=limit, window_s=window_s, used=used, cost=int(cost) if cost.isdigit() else 1
        )
