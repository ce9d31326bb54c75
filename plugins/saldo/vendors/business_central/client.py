"""The Business Central client: a company of an environment of a tenant, by client credentials.

Docs: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/. Quirks handled
here: the app must be registered in Business Central too, else a valid token is answered with 401 (in JSON
or XML); a token lasts about an hour and is then fetched again (saldo.transport.client_credentials).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import quote

import msgspec

from saldo.declarations.connection_form import Fields
from saldo.declarations.source import Usage
from saldo.errors import BadResponse, ConfigError
from saldo.staging.records import tolerant
from saldo.transport import Caller, Dialect, Policy, Transport
from saldo.transport.client_credentials import ClientCredentials, ClientSecret
from saldo.transport.limiter import Together, WindowLimiter

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
            dialect=Dialect(headers={"Accept": "application/json", "Accept-Language": "en-US"}),
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
