"""The Moneybird client: one administration among those the token opens.

Docs: https://developer.moneybird.com, the vendor's own specification and its changelog
https://github.com/moneybird/openapi. Quirks handled here: the format is part of the path (.json); ids are
18 digits and never numbers; lists leave out what no filter names (filters.py); a list goes on where the link with
rel=next says; records are handed out by at most 100 ids, in any order, and without those that are gone; a missing scope is a
401 (limits.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from saldo.declarations.connection_form import Fields
from saldo.declarations.entity import Entity
from saldo.declarations.source import Days, Everything, Keys, Page, Request, Usage
from saldo.errors import BadResponse, ConfigError
from saldo.runs.pace import SharedPace
from saldo.runs.renewed_tokens import RenewedTokens
from saldo.transport import Auth, Caller, Policy, Transport
from saldo.transport.auth import LimitedApart
from saldo.transport.limiter import BurstLimiter
from saldo.transport.refresh_token import App, RefreshTokenAuth
from saldo.ways.versions import Versions

from . import answers, filters
from .answers import Administration
from .entities import ENTITIES
from .limits import CALLS, DIALECT, PACE_S, REPORT_CALLS
from .tokens import app_of, auth_of

T = TypeVar("T")

_ID = re.compile("[0-9]+")
_PATHS = {entity.name: entity.path for entity in ENTITIES}
#: Records of a first look.
SAMPLE = 20
#: Lines of a list that are handed on together; how many years a report is asked for at most.
_LINES, _YEARS = 5_000, 30


class MoneybirdClient:
    """Reads one administration. Safe to use from several threads."""

    daily_calls: int | None = None

    def __init__(
        self,
        caller: Caller,
        *,
        token: str,
        administration_id: str,
        url: str,
        app: App | None = None,
        calls: int = CALLS,
        policy: Policy | None = None,
    ) -> None:
        """app: what renews the token; None for one that lasts. calls: requests in five minutes. Raises ConfigError when
        the administration's id is no number."""
        if not _ID.fullmatch(administration_id):
            raise ConfigError(
                f"the Airflow connection {caller.connection!r} has an administration id that is no number; "
                "it is the number in Moneybird's address bar"
            )
        self._caller, self.administration_id, self.url = caller, administration_id, url.rstrip("/")
        self._app, self._calls = app, calls
        self._credentials = app.refresh_token if app else token
        self._auth = auth_of(caller, token, app, policy)
        self._auth.limiter = BurstLimiter(calls, PACE_S)
        self._reports_auth = LimitedApart(self._auth)
        self._reports_auth.limiter = BurstLimiter(self._report_calls, PACE_S)
        self.usage = Usage()
        self._transport = self._transport_of(self._auth, policy)
        self._reports = self._transport_of(self._reports_auth, policy)
        #: What `check_identity` was answered, for who lands it right after.
        self._itself: msgspec.Raw | None = None

    def _transport_of(self, auth: Auth, policy: Policy | None) -> Transport:
        return Transport(
            self._caller,
            base_urls=(self.url,),
            auth=auth,
            dialect=DIALECT,
            policy=policy,
            usage=self.usage,
        )

    @property
    def _report_calls(self) -> int:
        """Requests for reports in five minutes: the same share of what is allowed as of others."""
        return max(1, REPORT_CALLS * self._calls // CALLS)

    def share_pace(self, dsn: str) -> None:
        """See PacedSource.share_pace."""
        vendor = self._caller.vendor
        self._auth.limiter = SharedPace(dsn, vendor, self._credentials, self._calls, PACE_S)
        self._reports_auth.limiter = SharedPace(
            dsn, f"{vendor}-reports", self._credentials, self._report_calls, PACE_S
        )

    def keep_tokens(self, dsn: str) -> None:
        """See RenewingSource.keep_tokens."""
        if self._app and isinstance(self._auth, RefreshTokenAuth):
            self._auth.store = RenewedTokens(dsn, self._caller.vendor, self._app)

    # --- whose books -----------------------------------------------------------------------------

    def administrations(self) -> list[Administration]:
        """Those the token opens. Raises as Transport.get does."""
        return self._transport.get(
            f"{self.url}/administrations.json", decode=answers.administrations
        )

    def check_identity(self, known: str | None) -> str:
        """See Source.check_identity: the id of the administration."""
        self._itself = self._own_record()
        if self._itself is None:
            raise ConfigError(
                f"{self._caller.name}: the token of connection {self._caller.connection!r} does not open administration "
                f"{self.administration_id}; nothing was landed. Correct the administration id or the token"
            )
        if known not in (None, self.administration_id):
            raise ConfigError(
                f"{self._caller.name}: the connection {self._caller.connection!r} names administration "
                f"{self.administration_id}, but earlier runs landed {known}; nothing was landed. Correct the "
                "administration id"
            )
        return self.administration_id

    def _own_record(self) -> msgspec.Raw | None:
        return self._transport.get(
            f"{self.url}/administrations.json",
            decode=lambda body: answers.of_id(body, self.administration_id),
        )

    def _own_page(self) -> Page:
        known, self._itself = self._itself, None
        found = known or self._own_record()
        return Page([found] if found else [], None)

    # --- sets ------------------------------------------------------------------------------------

    def pages(
        self, entity: Entity, request: Request, *, resume: str | None = None
    ) -> Iterator[Page]:
        """See Source.pages; keys are asked for in slices of at most 100, and those that are gone are left out."""
        if isinstance(request, Keys):
            yield from self._slices(entity.path, request.keys)
        elif not isinstance(request, Everything) or isinstance(entity.reads, Versions):
            raise TypeError(f"Moneybird is not asked for {request} of {entity.name}")
        elif entity.path == "administrations":
            yield self._own_page()
        elif entity.path == "reports/general_ledger":
            yield from self._general_ledger()
        else:
            yield from self._follow(entity, resume)

    def sample(self, entity: Entity) -> Page:
        """See Source.sample; of what has versions, the first that its list names."""
        if not isinstance(entity.reads, Versions):
            return next(self.pages(entity, Everything()))
        listed = next(self.versions(entity), [])
        keys = [key for key, _ in listed[:SAMPLE]]
        return self._slice(entity.path, keys) if keys else Page([], None)

    def versions(
        self, entity: Entity, days: Days | None = None
    ) -> Iterator[Sequence[tuple[str, str]]]:
        """See VersionedSource.versions."""
        params = filters.dated(days) if days else filters.everything(entity)
        found = self.get(f"{entity.path}/synchronization", params=params, decode=answers.listed)
        yield from answers.parts(found, _LINES)

    def elsewhere(self, entity: Entity, others: Sequence[str], keys: Sequence[str]) -> set[str]:
        """See VersionedSource.elsewhere."""
        found: set[str] = set()
        for other in others:
            for page in self._slices(_PATHS[other], keys):
                found.update(str(answers.one(record).id) for record in page.records)
        return found & {*keys}

    def _slices(self, path: str, keys: Sequence[str]) -> Iterator[Page]:
        """One after the other: that is as fast as the limit allows, and who is refused makes no other wait for nothing."""
        for first in range(0, len(keys), filters.MOST):
            yield self._slice(path, keys[first : first + filters.MOST])

    def _slice(self, path: str, keys: Sequence[str]) -> Page:
        """Records by id; a read, although it is a POST."""
        url = self._url(f"{path}/synchronization")
        asked = {"ids": list(keys)}
        return Page(self._transport.ask(url, json=asked, decode=answers.records), None)

    def _follow(self, entity: Entity, resume: str | None) -> Iterator[Page]:
        """Page after page, from the link `resume` on. Raises BadResponse when pages lead in a circle."""
        params = None if resume else filters.everything(entity)
        url, seen = resume or self._url(entity.path), set[str]()
        while True:
            records, headers = self._transport.get_with_headers(
                url, params=params, decode=answers.records
            )
            onward, announced = answers.next_link(headers), answers.total(headers)
            is_full = len(records) >= filters.MOST and filters.has_pages(entity)
            if onward is None and announced is None and is_full:
                # Neither a link nor a count came through with a full page: whether there is more is asked for.
                onward = self._page_after(entity, url)
            yield Page(records, onward, announced=announced)
            if onward is None:
                return
            if onward in seen:
                raise BadResponse(
                    f"{self._caller.name}: {entity.name} pages lead in a circle; tell the vendor"
                )
            seen.add(onward)
            url, params = onward, None

    def _page_after(self, entity: Entity, url: str) -> str:
        """The address of the page after one."""
        asked = dict(parse_qsl(urlsplit(url).query))
        page = int(asked.get("page", "1")) + 1
        return f"{self._url(entity.path)}?{urlencode({**filters.everything(entity), 'page': page})}"

    def _general_ledger(self) -> Iterator[Page]:
        """A page of each calendar year, from this one back to the one before which nothing was booked."""
        this_year = datetime.now(UTC).year
        for year in range(this_year, this_year - _YEARS, -1):
            found = self.report(
                "general_ledger", params=filters.year(year), decode=answers.general_ledger
            )
            yield Page(found.lines(year), None if found.is_first else str(year))
            if found.is_first:
                return

    # --- requests --------------------------------------------------------------------------------

    def get(self, path: str, *, params: Mapping[str, str | int], decode: Callable[[bytes], T]) -> T:
        """A resource of the administration. Raises as Transport.get does, AuthError for a missing scope."""
        return self._transport.get(self._url(path), params=params, decode=decode)

    def report(
        self, name: str, *, params: Mapping[str, str | int], decode: Callable[[bytes], T]
    ) -> T:
        """A report of the administration, within the limit that reports have. Raises as `get`."""
        return self._reports.get(self._url(f"reports/{name}"), params=params, decode=decode)

    def _url(self, path: str) -> str:
        return f"{self.url}/{self.administration_id}/{path}.json"


def _calls(given: str, caller: Caller) -> int:
    if not given.isdecimal() or not int(given):
        raise ConfigError(
            f"the Airflow connection {caller.connection!r} says {given!r} for the requests in five minutes; write a "
            "number above 0"
        )
    return int(given)


def client_of(fields: Fields, caller: Caller, policy: Policy | None) -> MoneybirdClient:
    """The client of a connection."""
    return MoneybirdClient(
        caller,
        token=fields.password,
        administration_id=fields["administration_id"],
        url=fields.host,
        app=app_of(fields, caller),
        calls=_calls(fields["requests"], caller),
        policy=policy,
    )
