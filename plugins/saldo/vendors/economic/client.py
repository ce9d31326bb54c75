"""The e-conomic client: two token headers, two API families, their paging and their quirks.

Docs: https://restdocs.e-conomic.com (classic) and https://apis.e-conomic.com (OpenAPI services).
Quirks handled here:

- `nextPage` is an absolute link; it is followed on the configured host only.
- An OpenAPI set ends where `cursor` is absent.
- `/paged` stops at 10,000 and does not say so: it is never used for a whole set.
- A module that is not bought answers 403.
- Lines of booked invoices come in order of the line's number, which is not that of the invoice.
- Orders and quotes are three lists each.

Large sets with growing numbers are read in ranges: ranges.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, TypeVar

import msgspec

from saldo.declarations.connection_form import Fields
from saldo.declarations.entity import Entity
from saldo.declarations.source import EVERYTHING, Everything, Keys, Page, Request, Usage
from saldo.errors import BadResponse, ConfigError, Unavailable
from saldo.transport import Caller, HeaderAuth, Policy, Transport
from saldo.transport.pdf import PDF, check_pdf
from saldo.transport.prefetch import prefetched
from saldo.ways.append_only import AppendOnly, Beyond
from saldo.ways.change_log import ChangeLog, Moved
from saldo.ways.parts import PartsOf

from . import answers, ranges, totals
from .documents import DOCUMENTS
from .fair_use import DAILY_CALLS
from .filters import MAX_KEYS, clauses, filtered, has_lists, lists_of, parts, since
from .limits import DIALECT

T = TypeVar("T")

#: The most records on a page of a classic collection, and on one of an OpenAPI set.
PAGE_SIZE = 1000
#: Records of a first look; OpenAPI services have pages of one size.
SAMPLE = 20
#: A change log has pages of at most 100, and nothing past the first 10,000 is ever sent.
LOG_PAGE, LOG_END = 100, 10_000


class EconomicClient:
    """Reads one agreement. Safe to use from several threads."""

    daily_calls: int | None = DAILY_CALLS

    def __init__(
        self,
        caller: Caller,
        *,
        grant_token: str,
        app_secret_token: str,
        rest_url: str,
        openapi_url: str,
        agreement_number: str | None = None,
        policy: Policy | None = None,
        page_size: int = PAGE_SIZE,
    ) -> None:
        self._caller = caller
        self._rest, self._openapi = rest_url.rstrip("/"), openapi_url.rstrip("/")
        self.agreement_number, self.page_size = agreement_number, page_size
        self._found: str | None = None
        #: What `check_identity` was answered, for who lands it right after.
        self._itself: msgspec.Raw | None = None
        #: Accounting years as this client has read them, for whoever asks for their totals in the same task.
        self._years_read: list[msgspec.Raw] | None = None
        self._transport = Transport(
            caller,
            base_urls=(self._rest, self._openapi),
            auth=HeaderAuth(
                {"X-AppSecretToken": app_secret_token, "X-AgreementGrantToken": grant_token}
            ),
            dialect=DIALECT,
            policy=policy,
        )
        self.usage: Usage = self._transport.usage

    def check_identity(self, known: str | None) -> str:
        """The agreement number of the tokens.

        Raises ConfigError when it is not the one the connection names, or not the one whose books
        were landed before: another company's tokens would otherwise load another company's books.
        """
        if self._found is None:
            answer, self._itself = self._transport.get(
                f"{self._rest}/self",
                decode=lambda body: (answers.self_resource(body), answers.whole_body(body)),
            )
            self._found = str(answer.agreement_number)
        found = self._found
        for expected, told_by in (
            (self.agreement_number, "the connection"),
            (known, "earlier runs"),
        ):
            if expected is not None and expected != found:
                raise ConfigError(
                    f"economic agreement {self._caller.agreement!r}: the tokens of connection "
                    f"{self._caller.connection!r} belong to e-conomic agreement {found}, but "
                    f"{told_by} say(s) {expected}; nothing was landed. Correct the grant token"
                )
        return found

    @property
    def addresses(self) -> tuple[str, str]:
        """The base addresses of the classic API and of the OpenAPI services."""
        return self._rest, self._openapi

    def document(self, kind: str, number: str, into: BinaryIO) -> None:
        """See DocumentSource.document."""
        path = DOCUMENTS.kinds[kind].path.format(number=number)
        base = self._openapi if "api/v" in path else self._rest
        done = self._transport.download(f"{base}/{path}", into, accept=PDF)
        check_pdf(into, done)

    def pages(
        self, entity: Entity, request: Request, *, resume: str | None = None
    ) -> Iterator[Page]:
        """See Source.pages; keys are asked for in filters of at most 200."""
        if entity.path == totals.YEARS:
            yield from self._years(entity, request, resume)
        elif entity.path in totals.SETS:
            yield from totals.SETS[entity.path](self, request)
        elif entity.path == "self":
            yield Page([self._record_of_company()], None, announced=1)
        elif has_lists(entity):
            yield from self._through_lists(entity, request, resume)
        elif isinstance(request, Keys | PartsOf):
            for part in parts(request):
                yield from self.follow(entity, part, None)
        elif isinstance(entity.reads, AppendOnly) and isinstance(request, Everything | Beyond):
            number = request.number if isinstance(request, Beyond) else 0
            beyond = Beyond(int(resume or number))
            read = ranges.in_ranges if entity.reads.is_sorted else ranges.in_whole_ranges
            yield from read(self, entity, beyond)
        else:
            yield from prefetched(self.follow(entity, request, resume))

    def sample(self, entity: Entity) -> Page:
        """See Source.sample; of lists, the first that holds something."""
        if entity.path in totals.SAMPLES:
            return totals.SAMPLES[entity.path](self)
        if entity.path == "self":
            return Page([self._record_of_company()], None, announced=1)
        found = Page([], None)
        for one in lists_of(entity, EVERYTHING) if has_lists(entity) else [entity]:
            found = self.page(one, EVERYTHING, None, size=SAMPLE)
            if found.records:
                break
        return found

    def highest(self, entity: Entity, after: int) -> int | None:
        """See CutoffSource.highest."""
        return ranges.highest(self, entity, Beyond(after))

    def count(self, entity: Entity, request: Request, *, upto: int | None = None) -> int | None:
        """See CountingSource.count; keys are asked for in filters of at most 200."""
        if entity.path in totals.SETS:
            return None
        if has_lists(entity):
            lists = lists_of(entity, request)
            return sum(self.count(one, request, upto=upto) or 0 for one in lists)
        if isinstance(request, Keys | PartsOf) and len(request.keys) > MAX_KEYS:
            return sum(self.count(entity, part, upto=upto) or 0 for part in parts(request))
        found = clauses(entity, request)
        if upto is not None:
            found.append(f"{entity.key_parts[0]}$lte:{upto}")
        params = filtered(found)
        if _is_openapi(entity):
            url = f"{self._openapi}/{entity.path}/count"
            return self._transport.get(url, params=params, decode=answers.count)
        try:
            page = self._transport.get(
                f"{self._rest}/{entity.path}",
                params={**params, "pagesize": 1},
                decode=answers.collection,
            )
        except BadResponse as error:
            # Not every collection can be filtered by its key.
            if isinstance(request, Keys) and error.evidence.status == 400:
                return None
            raise
        return page.pagination.results

    def take_years(self) -> list[msgspec.Raw] | None:
        """See totals.Client."""
        known, self._years_read = self._years_read, None
        return known

    def newest(self, log: ChangeLog) -> str | None:
        """See LoggingSource.newest."""
        entries = self._log(log, {"pagesize": 1, "skippages": 0})
        return str(entries[0].timestamp) if entries else None

    def moved(self, log: ChangeLog, marker: str | None) -> Moved | None:
        """See LoggingSource.moved. The log's first page is its newest; a day's overlap is read again."""
        wanted = filtered(since("timestamp", marker) if marker else [])
        keys: dict[str, None] = {}
        newest = [marker] if marker else []
        for first in range(0, LOG_END, LOG_PAGE):
            paging: dict[str, str | int] = {"pagesize": LOG_PAGE, "skippages": first // LOG_PAGE}
            entries = self._log(log, wanted | paging)
            keys.update((str(entry.entry_number), None) for entry in entries)
            newest += [str(entry.timestamp) for entry in entries]
            if len(entries) < LOG_PAGE:
                return Moved(tuple(keys), max(newest, default=None))
        return None

    def _log(self, log: ChangeLog, params: dict[str, str | int]) -> list[answers.LogEntry]:
        url = f"{self._openapi}/{log.path}"
        return self._transport.get(url, params=params, decode=answers.log)

    def get(
        self, path: str, *, decode: Callable[[bytes], T], params: dict[str, Any] | None = None
    ) -> T:
        """One answer of either family, decoded."""
        base = self._openapi if "api/v" in path else self._rest
        return self._transport.get(f"{base}/{path}", params=params or {}, decode=decode)

    # --- paging ----------------------------------------------------------------------------------

    def _years(self, entity: Entity, request: Request, resume: str | None) -> Iterator[Page]:
        pages: list[Page] = []
        for page in prefetched(self.follow(entity, request, resume)):
            pages.append(page)
            yield page
        records = [msgspec.Raw(bytes(record)) for page in pages for record in page.records]
        is_whole = resume is None and {page.announced for page in pages} == {len(records)}
        self._years_read = records if is_whole else None

    def _record_of_company(self) -> msgspec.Raw:
        known, self._itself = self._itself, None
        return known or self._transport.get(f"{self._rest}/self", decode=answers.whole_body)

    def follow(
        self, entity: Entity, request: Request, resume: str | None, *, first: Page | None = None
    ) -> Iterator[Page]:
        """Page after page from `resume` on; first: the first one where it is there already. Raises BadResponse
        when pages lead in a circle."""
        seen: set[str | int] = set()
        while True:
            page, first = first or self.page(entity, request, resume), None
            yield page
            if page.next is None:
                return
            if page.next in seen or answers.page_fingerprint(page) in seen:
                raise BadResponse(
                    f"economic agreement {self._caller.agreement!r}: {entity.name} pages lead in a "
                    "circle; tell the vendor"
                )
            seen |= {page.next, answers.page_fingerprint(page)}
            resume = page.next

    def _through_lists(
        self, entity: Entity, request: Request, resume: str | None
    ) -> Iterator[Page]:
        """The lists of an entity one after another, in the order in which records move through them:
        none is missed, some may come twice. `next` names the list; the last page announces the sum."""
        lists, is_keyed = lists_of(entity, request), isinstance(request, Keys | PartsOf)
        started, _, link = (resume or "0|").partition("|")
        total: int | None = None if resume or is_keyed else 0
        for place in range(int(started), len(lists)):
            said: int | None = None
            for found in self.pages(lists[place], request, resume=link or None):
                if not is_keyed and said is not None and found.announced != said:
                    raise Unavailable(
                        f"the vendor announced {said} records, then {found.announced}: the set changed "
                        "while it was read. It is read again"
                    )
                said, is_last = found.announced, found.next is None
                if is_last:
                    total = None if total is None or said is None else total + said
                is_end = is_last and place == len(lists) - 1
                onward = None if is_end else f"{place + is_last}|{found.next or ''}"
                yield Page(found.records, onward, total if is_end else None)
            link = ""

    def edge(self, entity: Entity, request: Request, sign: str) -> int | None:
        """See ranges.Pages."""
        params = filtered(clauses(entity, request))
        params |= {"sort": f"{sign}{entity.key_parts[0]}", "pagesize": 1, "skippages": 0}
        if _is_openapi(entity):
            url = f"{self._openapi}/{entity.path}/paged"
            ends = self._transport.get(url, params=params, decode=answers.numbers)
        else:
            url = f"{self._rest}/{entity.path}"
            found = self._transport.get(url, params=params, decode=answers.collection)
            ends = [msgspec.json.decode(record) for record in found.collection]
        return answers.number_of(entity, ends[0]) if ends else None

    def page(
        self, entity: Entity, request: Request, resume: str | None, *, size: int | None = None
    ) -> Page:
        """One page; size: of a classic collection, other than the largest."""
        if _is_openapi(entity):
            return self._openapi_page(entity, request, resume)
        return self._classic_page(entity, request, resume, size or self.page_size)

    def _openapi_page(self, entity: Entity, request: Request, cursor: str | None) -> Page:
        params = filtered(clauses(entity, request))
        if cursor is not None:
            params["cursor"] = cursor
        found = self._transport.get(
            f"{self._openapi}/{entity.path}", params=params, decode=answers.items
        )
        return Page(found.items, None if found.cursor is None else str(found.cursor))

    def _classic_page(self, entity: Entity, request: Request, link: str | None, size: int) -> Page:
        params: dict[str, str | int] = {}
        if link is None:
            params = filtered(clauses(entity, request)) | {"pagesize": size, "skippages": 0}
            if isinstance(entity.reads, AppendOnly):
                params["sort"] = entity.key_parts[0]
        url = link or f"{self._rest}/{entity.path}"
        found = self._transport.get(url, params=params, decode=answers.collection)
        told = found.pagination
        return Page(
            found.collection, told.next_page, told.results, of_all=told.results_without_filter
        )


def _is_openapi(entity: Entity) -> bool:
    return "api/v" in entity.path


def client_of(fields: Fields, caller: Caller, policy: Policy | None) -> EconomicClient:
    """The client of a connection."""
    return EconomicClient(
        caller,
        grant_token=fields.password,
        app_secret_token=fields["app_secret_token"],
        rest_url=fields.host,
        openapi_url=fields["openapi_host"],
        agreement_number=fields["agreement_number"] or None,
        policy=policy,
    )
