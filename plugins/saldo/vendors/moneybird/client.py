"""The Moneybird client: a bearer token, and one administration among those it opens.

Docs: https://developer.moneybird.com, the vendor's own specification and its changelog
https://github.com/moneybird/openapi. Quirks handled here: the format is part of the path (.json); ids are
18 digits and never numbers; a missing scope is a 401 too ("No access to documents"), so that 401 alone does
not mean a wrong token; Retry-After is an epoch (transport/retry_policy.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from saldo.declarations.connection_form import Fields
from saldo.declarations.source import Usage
from saldo.errors import ConfigError
from saldo.staging.records import tolerant
from saldo.transport import Caller, Dialect, Policy, TokenAuth, Transport

T = TypeVar("T")

_ID = re.compile("[0-9]+")


class Administration(msgspec.Struct):
    """One set of books; `suspended`: Moneybird has closed it for want of payment.

    id: text in answers, a number in examples of the specification; text here.
    """

    id: str | int
    name: str = ""
    currency: str = ""
    country: str = ""
    suspended: bool = False

    def __post_init__(self) -> None:
        self.id = str(self.id)


_administrations = tolerant(msgspec.json.Decoder(list[Administration]).decode)


class MoneybirdClient:
    """Reads one administration. Safe to use from several threads."""

    def __init__(
        self,
        caller: Caller,
        *,
        token: str,
        administration_id: str,
        url: str,
        policy: Policy | None = None,
    ) -> None:
        """Raises ConfigError when the administration's id is no number."""
        if not _ID.fullmatch(administration_id):
            raise ConfigError(
                f"the Airflow connection {caller.connection!r} has an administration id that is no number; "
                "it is the number in Moneybird's address bar"
            )
        self.administration_id = administration_id
        self.url = url.rstrip("/")
        self._transport = Transport(
            caller,
            base_urls=(self.url,),
            auth=TokenAuth(token),
            dialect=Dialect(headers={"Accept": "application/json"}),
            policy=policy,
        )
        self.usage: Usage = self._transport.usage

    def administrations(self) -> list[Administration]:
        """Those the token opens. Raises as Transport.get does."""
        url = f"{self.url}/administrations.json"
        return self._transport.get(url, decode=_administrations)

    def get(self, path: str, *, params: Mapping[str, str | int], decode: Callable[[bytes], T]) -> T:
        """A resource of the administration. Raises as Transport.get does, AuthError for a missing scope."""
        url = f"{self.url}/{self.administration_id}/{path}.json"
        return self._transport.get(url, params=params, decode=decode)


def client_of(fields: Fields, caller: Caller, policy: Policy | None) -> MoneybirdClient:
    """The client of a connection."""
    return MoneybirdClient(
        caller,
        token=fields.password,
        administration_id=fields["administration_id"],
        url=fields.host,
        policy=policy,
    )
