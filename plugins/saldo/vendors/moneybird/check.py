"""Whether a connection to Moneybird works, and if not, what a person must change.

Asks which administrations the token opens, and for a little of what each scope reaches: five of the 150
requests Moneybird allows in five minutes.
"""

from __future__ import annotations

import msgspec

from saldo.errors import AuthError, ConfigError, SaldoError
from saldo.vendors.check import Place, is_web_page, trouble
from saldo.vendors.vendor import Vendor

from .answers import Administration
from .client import MoneybirdClient

#: Scope -> what only it reaches, and how little of it is asked for. Mutations come whole, so those of a
#: day long gone are.
SCOPES: dict[str, tuple[str, dict[str, str | int]]] = {
    "sales_invoices": ("sales_invoices", {"per_page": 1}),
    "documents": ("documents/purchase_invoices", {"per_page": 1}),
    "bank": ("financial_mutations", {"filter": "period:20000101..20000101"}),
    "settings": ("financial_accounts", {}),
}
#: How many administrations are named in a message.
_SHOWN = 5


def check_connection(client: MoneybirdClient, vendor: Vendor) -> str:
    """See Vendor.check_connection."""
    place = Place.of(vendor.form["host"], client.url, "Moneybird's API", vendor.title)
    try:
        opened = client.administrations()
    except SaldoError as error:
        raise ConfigError(_why(error, place)) from None
    found = next((one for one in opened if one.id == client.administration_id), None)
    if found is None:
        raise ConfigError(
            f"The token does not open administration {client.administration_id}, but {_listed(opened)}: "
            "correct the administration id, or enter a token made by a user who sees that administration"
        )
    if found.suspended:
        raise ConfigError(
            f"Moneybird has suspended the administration {found.name} ({found.id}): its subscription "
            "must be put in order at Moneybird"
        )
    missing = [scope for scope in SCOPES if not _reaches(client, scope, place)]
    if missing:
        raise ConfigError(
            f"The token is right, but lacks the scope {' and '.join(missing)}: make one at Moneybird "
            f"(Settings, External applications) with the scopes {', '.join(SCOPES)}, and enter it"
        )
    return (
        f"{found.name}: Moneybird administration {found.id}, base currency {found.currency}. The scopes "
        f"{', '.join(SCOPES)} are there"
    )


def _reaches(client: MoneybirdClient, scope: str, place: Place) -> bool:
    path, params = SCOPES[scope]
    try:
        client.get(path, params=params, decode=msgspec.json.decode)
    except AuthError as error:
        if is_web_page(error):
            raise ConfigError(trouble(error, place)) from None
        # The token has just opened its administrations: whatever the words, it is the right that lacks.
        return False
    except SaldoError as error:
        raise ConfigError(_why(error, place)) from None
    return True


def _listed(opened: list[Administration]) -> str:
    if not opened:
        return "none at all"
    names = ", ".join(f"{one.id} ({one.name})" for one in opened[:_SHOWN])
    return names + (f" and {len(opened) - _SHOWN} more" if len(opened) > _SHOWN else "")


def _why(error: SaldoError, place: Place) -> str:
    if not isinstance(error, AuthError) or is_web_page(error):
        return trouble(error, place)
    if error.evidence.status is None:
        return (
            "The app's access token has run out or is refused, and is renewed by runs only, since nothing here could "
            "keep the new one: start a run of the agreement"
        )
    return (
        f"Moneybird refuses the token ({error.evidence.status}): it is wrong, or has been withdrawn. Make "
        "one at Moneybird (Settings, External applications), and enter it"
    )
