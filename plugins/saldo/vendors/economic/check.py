"""Whether a connection to e-conomic works, and if not, what a person must change.

Asks for /self, for one record of a resource of either role, and for a count of the OpenAPI services: four
requests. Roles: Bookkeeping reaches accounts, years, entries and documents; Sales reaches customers,
products and invoices; SuperUser reaches all.
"""

from __future__ import annotations

import re

import msgspec

from saldo.errors import AuthError, ConfigError, SaldoError
from saldo.staging.records import tolerant
from saldo.vendors.check import Place, is_json, trouble
from saldo.vendors.vendor import Vendor

from .client import EconomicClient

#: Role -> a resource only it (and SuperUser) reaches.
ROLES = {"Bookkeeping": "accounting-years", "Sales": "customers"}
_OPENAPI_PROBE = "bookedEntriesapi/v7.0.0/booked-entries/count"
_CODE = re.compile(r'"errorCode"\s*:\s*"([^"]{1,60})"')
_MISMATCH = "E02250"


class _Company(msgspec.Struct):
    name: str = ""


class _Settings(msgspec.Struct, rename="camel"):
    base_currency: str = ""


class _Role(msgspec.Struct):
    name: str = ""


class _Application(msgspec.Struct, rename="camel"):
    required_roles: list[_Role] = []


class _Self(msgspec.Struct, rename="camel"):
    agreement_number: int
    company: _Company = msgspec.field(default_factory=_Company)
    settings: _Settings = msgspec.field(default_factory=_Settings)
    application: _Application = msgspec.field(default_factory=_Application)


_self = tolerant(msgspec.json.Decoder(_Self).decode)


def check_connection(client: EconomicClient, vendor: Vendor) -> str:
    """See Vendor.check_connection."""
    rest_url, openapi_url = client.addresses
    form, title = vendor.form, vendor.title
    rest = Place.of(form["host"], rest_url, "e-conomic's REST API", title)
    openapi = Place.of(
        form["openapi_host"], openapi_url, "e-conomic's OpenAPI services", title, does="do"
    )
    try:
        found = client.get("self", decode=_self)
    except SaldoError as error:
        raise ConfigError(_why(error, rest)) from None
    number, expected = str(found.agreement_number), client.agreement_number
    if expected is not None and expected != number:
        raise ConfigError(
            f"The tokens open e-conomic agreement {number} ({found.company.name}), but this connection "
            f"says agreement number {expected}: correct the number, or enter the grant token of "
            f"agreement {expected}"
        )
    _check_roles(client, rest)
    try:
        client.get(_OPENAPI_PROBE, decode=_count)
    except SaldoError as error:
        raise ConfigError(_why(error, openapi, role="Bookkeeping")) from None
    roles = ", ".join(role.name for role in found.application.required_roles)
    return (
        f"{found.company.name}: e-conomic agreement {number}, base currency "
        f"{found.settings.base_currency}. The roles {' and '.join(ROLES)} are there"
        + (f" (the app asks for {roles})" if roles else "")
    )


_count = msgspec.json.Decoder(int).decode


def _check_roles(client: EconomicClient, rest: Place) -> None:
    missing = []
    for role, resource in ROLES.items():
        try:
            client.get(resource, params={"pagesize": 1}, decode=msgspec.json.decode)
        except AuthError as error:
            if error.evidence.status != 403:
                raise ConfigError(_why(error, rest)) from None
            missing.append(f"{role} (403 at /{resource})")
        except SaldoError as error:
            raise ConfigError(_why(error, rest)) from None
    if missing:
        raise ConfigError(
            f"The tokens are right, but the app lacks the role {' and '.join(missing)}. Give the app "
            "the role SuperUser at e-conomic, which reaches both, have the agreement grant it again, "
            "and enter the new grant token"
        )


def _why(error: SaldoError, place: Place, *, role: str = "") -> str:
    """What is wrong, for a person who has the form open."""
    if not isinstance(error, AuthError):
        return trouble(error, place)
    if error.evidence.status == 403 and role:
        return f"The tokens are right, but the app lacks the role {role} (403 from {place.what})"
    return _refused(error, place)


def _refused(error: AuthError, place: Place) -> str:
    if not is_json(error):  # a proxy's or another service's page
        return trouble(error, place)
    body = error.evidence.body
    code = _CODE.search(body)
    said = f"({error.evidence.status}{f', {code[1]}' if code else ''})"
    if _MISMATCH in body or "correspond" in body:
        return (
            f"The app secret token and the grant token do not belong together {said}: either the app "
            "secret token is wrong, or the grant token was made for another app. Enter the secret of "
            "the app for which the agreement gave the grant"
        )
    if "secret" in body.lower():
        return f"The app secret token is wrong {said}: enter the one of your app at e-conomic"
    if "grant" in body.lower():
        return (
            f"The agreement grant token is wrong, or the agreement has revoked it {said}: enter the "
            "grant token, or have the agreement grant the app again"
        )
    return (
        f"e-conomic refuses the tokens {said}: one of them is wrong, or the agreement has revoked its "
        "grant"
    )
