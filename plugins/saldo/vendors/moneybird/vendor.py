"""What Moneybird is: reached, not synced yet."""

from __future__ import annotations

from saldo.declarations.connection_form import Field, Form
from saldo.vendors.vendor import Vendor

MONEYBIRD = Vendor(
    name="moneybird",
    title="Moneybird",
    form=Form(
        standard={
            "host": Field("Address of the API", default="https://moneybird.com/api/v2"),
            "password": Field(
                "Token", "a personal API token; read-only is enough", is_required=True
            ),
        },
        extra={
            "administration_id": Field(
                "Administration id", "The number in Moneybird's address bar.", is_required=True
            ),
        },
    ),
    client="saldo.vendors.moneybird.client.client_of",
    check="saldo.vendors.moneybird.check.check_connection",
)
