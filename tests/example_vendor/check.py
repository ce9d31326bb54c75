"""Whether a connection works, and if not, in words what a person must change."""

from __future__ import annotations

from saldo.errors import AuthError, ConfigError, SaldoError
from saldo.vendors.check import Place, is_json, trouble
from saldo.vendors.vendor import Vendor

from .client import ExampleClient


def check_connection(client: ExampleClient, vendor: Vendor) -> str:
    """See Vendor.check_connection."""
    try:
        company = client.company()
    except SaldoError as error:
        if isinstance(error, AuthError) and is_json(error):
            raise ConfigError(
                f"{vendor.title} refuses the token ({error.evidence.status}): make a new one and enter it"
            ) from None
        place = Place.of(vendor.form["host"], client.url, "the API", vendor.title)
        raise ConfigError(trouble(error, place)) from None
    return f"{company['legal_name']}: company {company['company_id']}, {company['currency']}"
