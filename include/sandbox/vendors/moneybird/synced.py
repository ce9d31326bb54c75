"""Resources with a synchronization API: every id with its version, and records by a hundred ids.

Lists are not pages and in no promised order; a document with several attachments comes twice in its list. Of more than
a hundred ids the others are left out without a word; what is deleted or of another kind is just absent.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from sandbox.books.line import mix
from sandbox.http import as_json

from .administration import Administration, version
from .errors import bad_request
from .filters import THIS_YEAR, Terms, period_of, since, terms_of
from .paging import answered, page_of

_MOST = 100


class Head(NamedTuple):
    """What lists know of a record; times: how often a list of ids shows it; whole: what the record is made of."""

    number: int
    created: int
    updated: int
    date: dt.date | None
    state: str
    whole: Any
    times: int = 1


#: Key of a filter -> whether a record passes one of its alternatives.
Tests = Mapping[str, Callable[[Administration, Head, list[str]], bool]]


@dataclass(frozen=True)
class Synced:
    """kind: what its ids are of. heads: of the administration, in order of index. record: the whole. tests: of filters
    beside the common ones. default: the filter where a list has none; sync_default: the same of the list of ids.
    too_many: what is said instead of pages, where there are none."""

    kind: int
    heads: Callable[[Administration], dict[int, Head]]
    record: Callable[[Administration, Head], dict[str, Any]]
    tests: Tests = field(default_factory=dict)
    default: str = THIS_YEAR
    sync_default: str = ""
    too_many: str = ""
    is_of_documents: bool = False
    has_archived: bool = False

    def chosen(self, administration: Administration, request: Request, default: str) -> list[Head]:
        """Those that pass the filter. Raises Refused."""
        known = {**COMMON, **self.tests}
        terms = terms_of(request.query_params.get("filter") or default, known)
        heads: Iterable[Head] = administration.of(self.heads).values()
        if self.has_archived and request.query_params.get("include_archived") != "true":
            heads = (one for one in heads if one.state != "archived")
        return _passing(administration, heads, terms, known)

    def listed(self, administration: Administration, request: Request) -> Response:
        rows = self.chosen(administration, request, self.default)
        rows.reverse()
        if self.too_many and len(rows) > _MOST:
            raise bad_request(self.too_many)
        if self.too_many:
            return as_json([self.record(administration, one) for one in rows])
        page, headers = page_of(request, rows, is_of_documents=self.is_of_documents)
        return answered([self.record(administration, one) for one in page], headers)

    def ids(self, administration: Administration, request: Request) -> Response:
        rows = self.chosen(administration, request, self.sync_default)
        name = administration.record_id
        found = [
            f'{{"id":"{name(self.kind, one.number)}","version":{version(one.updated)}}}'
            for one in rows
            for _ in range(one.times)
        ]
        # Neither the oldest first nor the newest: from the middle on.
        middle = len(found) // 2
        text = ",".join([*found[middle:], *found[:middle]])
        return Response(f"[{text}]".encode(), media_type="application/json")

    def fetched(self, administration: Administration, body: bytes) -> Response:
        """Raises Refused without ids."""
        heads = administration.of(self.heads)
        found = []
        for id in dict.fromkeys(str(one) for one in _ids(body)[:_MOST]):
            index = administration.index_of(self.kind, id)
            if index is not None and index in heads:
                found.append(heads[index])
        found.sort(key=lambda one: mix(one.number + 1))
        return as_json([self.record(administration, one) for one in found])

    def one(self, administration: Administration, id: str) -> dict[str, Any] | None:
        index = administration.index_of(self.kind, id)
        head = None if index is None else administration.of(self.heads).get(index)
        return None if head is None else self.record(administration, head)


def _ids(body: bytes) -> list[Any]:
    try:
        asked = json.loads(body or b"null")
    except ValueError:
        raise bad_request("Request body is invalid JSON") from None
    found = asked.get("ids") if isinstance(asked, dict) else None
    if found is None:
        raise bad_request("Ids is required", ids="required")
    if not isinstance(found, list):
        raise bad_request("Ids is invalid", ids="invalid")
    return found


def _passing(
    administration: Administration, heads: Iterable[Head], terms: Terms, known: Tests
) -> list[Head]:
    if not terms:
        return list(heads)
    tests = [(known[key], values) for key, values in terms.items()]
    return [
        one for one in heads if all(test(administration, one, values) for test, values in tests)
    ]


def _in_period(administration: Administration, one: Head, values: list[str]) -> bool:
    first, last = period_of(values[0], administration.today)
    return first <= (one.date or administration.today) <= last


def _in_state(administration: Administration, one: Head, values: list[str]) -> bool:
    return "all" in values or one.state in values


def _updated_after(administration: Administration, one: Head, values: list[str]) -> bool:
    return one.updated > since(values[0])


def _created_after(administration: Administration, one: Head, values: list[str]) -> bool:
    return one.created > since(values[0])


COMMON: Tests = {
    "period": _in_period,
    "state": _in_state,
    "updated_after": _updated_after,
    "created_after": _created_after,
}
