"""What e-conomic is. Its words, roles and quirks: README.md."""

from __future__ import annotations

from saldo.declarations.connection_form import Field, Form
from saldo.vendors.vendor import Vendor

from .documents import DOCUMENTS
from .entities import ENTITIES
from .fair_use import DAILY_CALLS

_HERE = "saldo.vendors.economic"

ECONOMIC = Vendor(
    name="economic",
    title="e-conomic",
    form=Form(
        standard={
            "host": Field("Address of the REST API", default="https://restapi.e-conomic.com"),
            "password": Field(
                "Agreement grant token", "of this agreement, made for your app", is_required=True
            ),
        },
        extra={
            "app_secret_token": Field(
                "App secret token",
                "Of your app at e-conomic; the grant token must have been made for the same app.",
                is_required=True,
                is_secret=True,
            ),
            "agreement_number": Field(
                "Agreement number",
                "Optional. Nothing is landed when the tokens open another agreement.",
            ),
            "openapi_host": Field(
                "Address of the OpenAPI services", default="https://apis.e-conomic.com"
            ),
        },
    ),
    client=f"{_HERE}.client.client_of",
    check=f"{_HERE}.check.check_connection",
    entities=ENTITIES,
    identity="self",
    fills={
        "account": "accounts",
        "ledger_entry": "entries",
        "invoice": "invoices",
        "accounting_year": "accounting_years",
        "account_total": "account_totals",
        "invoice_total": "invoice_totals",
    },
    rights=(
        "give the app the role SuperUser at e-conomic, have the agreement grant it again, and enter the "
        "new grant token in the connection"
    ),
    addresses=("host", "openapi_host"),
    elsewhere={"api/v": "openapi_host"},
    controls=f"{_HERE}.controls.EconomicControls",
    words={
        "dimensionNumber": "it is a dimension of that number (mart.bridge_entry_dimension)",
        "distributionType": "such a distribution counts as one that people made",
    },
    documents=DOCUMENTS,
    daily_calls=DAILY_CALLS,
)
