"""Whether a connection to Business Central works, and if not, what a person must change.

Fetches a token, asks for the environment's companies, and for an account of the one the
connection names: three requests. Each step that fails has another person to correct it: the one with the form,
the administrator of the identity platform, the one of Business Central.
"""

from __future__ import annotations

import msgspec

from saldo.errors import AuthError, BadResponse, ConfigError, SaldoError
from saldo.transport.client_credentials import is_refusal, refusal_code
from saldo.vendors.check import Place, is_web_page, trouble
from saldo.vendors.vendor import Vendor

from .client import BusinessCentralClient, BusinessCentralCompany

#: What the identity platform says, and what to do. Source: Microsoft's list of AADSTS error codes.
_REMEDIES = {
    "AADSTS7000215": "the secret is wrong: enter the secret's value, not its id",
    "AADSTS7000222": "the secret has expired: make a new one in the app registration, and enter it",
    "AADSTS700016": "the tenant does not know this client id: correct the client id or the tenant",
    "AADSTS90002": "there is no such tenant: correct the tenant (its id, or a domain of it)",
    "AADSTS900023": "there is no such tenant: correct the tenant (its id, or a domain of it)",
    "AADSTS7000112": "the app is switched off in the tenant: have it switched on again",
    "AADSTS1002012": "the address of tokens wants another kind of scope: correct it",
    "AADSTS500011": "the tenant has no Business Central: correct the tenant",
}
_PERMISSION = "API.ReadWrite.All"
#: What every company has, and an app without permission sets may not read.
_PROBE = "accounts"
#: How many companies are named in a message.
_SHOWN = 5


def check_connection(client: BusinessCentralClient, vendor: Vendor) -> str:
    """See Vendor.check_connection."""
    _check_token(client)
    place = Place.of(vendor.form["host"], client.url, "Business Central's API", vendor.title)
    try:
        companies = client.companies()
    except SaldoError as error:
        raise ConfigError(_why(error, place, client.environment)) from None
    company = _company(companies, client)
    try:
        client.get(company.id, _PROBE, params={"$top": 1}, decode=msgspec.json.decode)
    except SaldoError as error:
        raise ConfigError(_why(error, place, client.environment)) from None
    return (
        f"{company.display_name or company.name}: company {company.id} of the environment "
        f"{client.environment}. The app is registered in Business Central and may read it"
    )


def _check_token(client: BusinessCentralClient) -> None:
    place = Place(
        "address of tokens",
        client.token_url,
        "an identity provider",
        "the identity provider",
        "https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token",
    )
    try:
        client.credentials.token()
    except (AuthError, BadResponse) as error:
        if not is_refusal(error):
            raise ConfigError(trouble(error, place)) from None
        code = refusal_code(error)
        raise ConfigError(
            f"The identity platform refuses client id or secret{f' ({code})' if code else ''}: "
            + _REMEDIES.get(code or "", "correct the client id, the secret and the tenant")
        ) from None
    except SaldoError as error:
        raise ConfigError(trouble(error, place)) from None


def _company(
    companies: list[BusinessCentralCompany], client: BusinessCentralClient
) -> BusinessCentralCompany:
    where = f"the environment {client.environment}"
    if not companies:
        raise ConfigError(
            f"The credentials are right, but the app sees no company of {where}: give it permission sets "
            'on the page "Microsoft Entra applications" of Business Central'
        )
    names = ", ".join(one.display_name or one.name for one in companies[:_SHOWN])
    listed = names + (f" and {len(companies) - _SHOWN} more" if len(companies) > _SHOWN else "")
    if client.company is None:
        raise ConfigError(f"The credentials are right. Enter which company of {where}: {listed}")
    found = [one for one in companies if one.is_called(client.company)]
    if len(found) != 1:
        what = "several companies are" if found else "no company is"
        raise ConfigError(
            f"The credentials are right, but {what} called {client.company!r} in {where}, which has "
            f"{listed}: correct the company, or enter its id"
        )
    return found[0]


def _why(error: SaldoError, place: Place, environment: str) -> str:
    status = error.evidence.status if isinstance(error, AuthError | BadResponse) else None
    is_own = isinstance(error, AuthError | BadResponse) and not is_web_page(error)
    if is_own and status == 401:
        return (
            "The identity platform gave a token, but Business Central refuses it (401): register the "
            'client id on its page "Microsoft Entra applications" with state Enabled, and see that the app '
            f"has the application permission {_PERMISSION} with an administrator's consent"
        )
    if is_own and status == 403:
        return (
            "Business Central knows the app, but it lacks a permission set (403): give it one on the page "
            '"Microsoft Entra applications" that reaches the companies\' ledgers'
        )
    if isinstance(error, BadResponse) and status in (400, 404) and '"error"' in error.evidence.body:
        return (
            f"Business Central knows no environment {environment!r} in this tenant ({status}): correct "
            "the environment (its name in the admin center, such as Production) or the tenant"
        )
    return trouble(error, place)
