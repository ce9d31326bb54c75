"""The Business Central client: a company of an environment of a tenant, by client credentials.

Docs: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/. Quirks handled
here: the app must be registered in Business Central too, else a valid token is answered with 401 (in JSON
or XML); a token lasts about an hour and is then fetched again (saldo.transport.client_credentials). Nothing is ever read
with `Data-Access-Intent: ReadOnly`: that is a copy which may lag behind what was just written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from saldo.declarations.connection_form import Fields
from saldo.declarations.source import Usage
from saldo.errors import BadResponse, ConfigError, Unavailable
from saldo.staging.records import tolerant
from saldo.transport import Caller, Dialect, Policy, Transport
from saldo.transport.client_credentials import ClientCredentials, ClientSecret
from saldo.transport.limiter import BurstLimiter, Together, WindowLimiter

from . import batches
from .batches import Answer, Inside
from .odata import Page, Query, Row, decode_page, encode, parts
from .refusals import dialect_refusal, error_of

T = TypeVar("T")

LOGIN = "https://login.microsoftonline.com"
SCOPE = "https://api.businesscentral.dynamics.com/.default"


class BusinessCentralCompany(msgspec.Struct, rename="camel"):
    """`name` is what it was founded as, `display_name` what people see."""

    id: str
    name: str = ""
    display_name: str = ""

    def is_called(self, wanted: str) -> bool:
        """By id or either name; Business Central ignores case in them."""
        return wanted.casefold() in {
            one.casefold() for one in (self.id, self.name, self.display_name)
        }


class _Companies(msgspec.Struct):
    value: list[BusinessCentralCompany]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


_companies = tolerant(msgspec.json.Decoder(_Companies).decode)
_record = msgspec.json.Decoder(Row, float_hook=Decimal).decode
_JSON = {"Content-Type": "application/json"}
#: Reads are undone by nothing, so that one that fails need not stop the others.
_READS = {"Prefer": "odata.continue-on-error"}


def _lists(body: bytes) -> list[Answer]:
    """Answers whose bodies are pages, where they are no refusals."""
    return [
        replace(one, body=msgspec.convert(one.body, Page)) if one.refusal is None else one
        for one in batches.answers_of(body)
    ]


class BusinessCentralClient:
    """Speaks to one environment. Safe to use from several threads."""

    def __init__(
        self,
        caller: Caller,
        *,
        client_id: str,
        client_secret: str,
        tenant: str,
        environment: str,
        company: str | None = None,
        url: str,
        token_url: str | None = None,
        policy: Policy | None = None,
    ) -> None:
        """token_url: None for Microsoft's own. Raises ConfigError for a tenant or an environment that
        cannot be part of an address."""
        tenant_part = _segment(tenant, caller, "tenant")
        self._caller, self.environment, self.company = caller, environment, company
        self.tenant = tenant
        self.url = url.rstrip("/")
        self.token_url = token_url or f"{LOGIN}/{tenant_part}/oauth2/v2.0/token"
        self._base = (
            f"{self.url}/v2.0/{tenant_part}/{_segment(environment, caller, 'environment')}/api/v2.0"
        )
        self.credentials = ClientCredentials(
            caller,
            token_url=self.token_url,
            proof=ClientSecret(client_id, client_secret),
            scope=SCOPE,
            policy=policy,
        )
        self._transport = Transport(
            caller,
            base_urls=(self.url,),
            auth=self.credentials,
            # Texts of errors come in the language that is asked for.
            dialect=Dialect(
                headers={"Accept": "application/json", "Accept-Language": "en-US"},
                refusal=dialect_refusal,
            ),
            policy=policy,
        )
        self.usage: Usage = self._transport.usage

    def limit(self, limiter: WindowLimiter) -> None:
        """See LimitedClient.limit."""
        self.credentials.limiter = Together(self.credentials.limiter, limiter)

    def companies(self) -> list[BusinessCentralCompany]:
        """Those of the environment the app may see. Raises as Transport.get does, and BadResponse for pages
        that lead in a circle."""
        found: list[BusinessCentralCompany] = []
        url: str | None = f"{self._base}/companies"
        while url:
            page = self._transport.get(url, decode=_companies)
            found += page.value
            if page.next_link == url:
                raise BadResponse(
                    f"business_central agreement {self._caller.agreement!r}: the list of companies leads to "
                    "itself; tell Microsoft"
                )
            url = page.next_link
        return found

    def get(
        self,
        company: str,
        path: str,
        *,
        params: Mapping[str, str | int],
        decode: Callable[[bytes], T],
    ) -> T:
        """A resource of a company, which is named by its id. Raises as Transport.get does."""
        url = f"{self._base}/companies({company})/{path}"
        return self._transport.get(url, params=params, decode=decode)

    def keep_below(self, requests_a_minute: int) -> None:
        """From now on; requests wait for their turn."""
        self.credentials.limiter = BurstLimiter(requests_a_minute, 60)

    def read(self, company: str, queries: Sequence[Query]) -> list[list[Row]]:
        """The records of each list, all pages of it; several lists in one request. Numbers are exact.

        Raises as Transport.get does, BusinessCentralRefusal for what is refused, BadResponse for pages in a circle and
        for a list that is not answered.
        """
        found: list[list[Row]] = []
        for asked in parts(queries, batches.MOST):
            pages = self._pages(company, asked)
            found += [self._whole(page) for page in pages]
        return found

    def batch(
        self, company: str, requests: Sequence[Inside], *, is_atomic: bool, key: str
    ) -> list[Answer]:
        """At most a hundred writes in one request. is_atomic: all or nothing; else each is done or not by itself.

        key: what to look for where the outcome is unknown. Raises as Transport.send does; what is refused inside is in
        the answers.
        """
        headers = {"Isolation": "snapshot"} if is_atomic else _READS
        return self._transport.send(
            "POST", self._batch_url(company), content=encode(batches.body_of(requests)),
            headers={**_JSON, **headers}, decode=batches.answers_of, idempotency_key=key,
        )  # fmt: skip

    def write(
        self, method: str, company: str, path: str, body: Any = None, *, key: str, etag: str = ""
    ) -> Row:
        """POST, PATCH or DELETE; the record as it is then, empty where none is told. etag: needed by PATCH.

        Raises as Transport.send does; BusinessCentralRefusal for what is refused.
        """
        headers = {"If-Match": etag} if etag else {}
        content = b"" if body is None else encode(body)
        return self._transport.send(
            method, f"{self._base}/companies({company})/{path}", content=content,
            headers={**(_JSON if content else {}), **headers}, idempotency_key=key,
            decode=lambda answer: _record(answer) if answer else {},
        )  # fmt: skip

    def upload(self, company: str, path: str, content: bytes, *, etag: str, key: str) -> None:
        """The bytes of a record that has its fields already. The ETag keeps them from being written twice."""
        self._transport.send(
            "PATCH", f"{self._base}/companies({company})/{path}", content=content,
            headers={"Content-Type": "application/octet-stream", "If-Match": etag}, decode=bytes,
            idempotency_key=key, is_idempotent=True,
        )  # fmt: skip

    def _pages(self, company: str, queries: Sequence[Query]) -> list[Page]:
        """The first page of each list."""
        if len(queries) == 1:
            url = f"{self._base}/companies({company})/{queries[0].url}"
            return [self._transport.get(url, decode=decode_page)]
        inside = [Inside("GET", query.url) for query in queries]
        answers = self._transport.ask(
            self._batch_url(company), json=batches.body_of(inside), headers=_READS, decode=_lists
        )
        refused = batches.first_refusal(answers)
        if refused:
            raise error_of(self._caller, refused[1], f"GET {queries[refused[0]].path}")
        if [one.place for one in answers] != list(range(len(queries))):
            raise Unavailable(
                f"{self._caller.name}: {len(queries)} lists were asked for in one request, and {len(answers)} of them "
                "answered; it is tried again by itself"
            )
        return [one.body for one in answers]

    def _whole(self, page: Page) -> list[Row]:
        rows, seen = list(page.value), set[str]()
        while page.next_link:
            if page.next_link in seen:
                raise BadResponse(
                    f"{self._caller.name}: a list leads to a page it had already; tell Microsoft"
                )
            seen.add(page.next_link)
            page = self._transport.get(page.next_link, decode=decode_page)
            rows += page.value
        return rows

    def _batch_url(self, company: str) -> str:
        return f"{self._base}/$batch?company={company}"


def client_of(fields: Fields, caller: Caller, policy: Policy | None) -> BusinessCentralClient:
    """The client of a connection."""
    return BusinessCentralClient(
        caller,
        client_id=fields.login,
        client_secret=fields.password,
        tenant=fields["tenant"],
        environment=fields["environment"],
        company=fields["company"] or None,
        url=fields.host,
        token_url=fields["token_url"] or None,
        policy=policy,
    )


def _segment(value: str, caller: Caller, field: str) -> str:
    if not value.strip(". ") or "/" in value or "\\" in value:
        raise ConfigError(
            f"the Airflow connection {caller.connection!r} has a {field} that cannot be one; enter "
            "the name alone, no address"
        )
    return quote(value, safe="")
