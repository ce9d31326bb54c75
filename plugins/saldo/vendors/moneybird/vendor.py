"""What Moneybird is. Its words, scopes and quirks: README.md."""

from __future__ import annotations

from saldo.declarations.connection_form import Field, Form
from saldo.vendors.vendor import Vendor

from .entities import ENTITIES

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
    entities=ENTITIES,
    identity="administrations",
    fills={
        "account": "ledger_accounts",
        "ledger_entry": "purchase_invoices",
        "invoice": "sales_invoices",
        "purchase_document": "purchase_invoices",
    },
    rights="make a token at Moneybird with the scopes that are missing, and enter it in the connection",
    controls="saldo.vendors.moneybird.controls.MoneybirdControls",
)
