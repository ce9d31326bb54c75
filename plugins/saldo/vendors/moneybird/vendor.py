"""What Moneybird is. Its words, scopes and quirks: README.md."""

from __future__ import annotations

from saldo.declarations.connection_form import Field, Form
from saldo.vendors.vendor import Vendor

from .entities import BOOKED, ENTITIES
from .webhooks import PATH_FIELD, SIGNING_FIELD

_HERE = "saldo.vendors.moneybird"

MONEYBIRD = Vendor(
    name="moneybird",
    title="Moneybird",
    form=Form(
        standard={
            "host": Field("Address of the API", default="https://moneybird.com/api/v2"),
            "password": Field(
                "Token",
                "a personal API token, read-only is enough; or an app's access token",
                is_required=True,
            ),
        },
        extra={
            "administration_id": Field(
                "Administration id", "The number in Moneybird's address bar.", is_required=True
            ),
            "requests": Field(
                "Requests in five minutes",
                "That Moneybird allows this token. Fewer where other programs use it, too.",
                default="150",
            ),
            "client_id": Field("Client id", "Of an OAuth app. Empty for a personal token."),
            "client_secret": Field("Client secret", "Of an OAuth app.", is_secret=True),
            "refresh_token": Field(
                "Refresh token", "That came with the app's access token.", is_secret=True
            ),
            "token_url": Field(
                "Address for tokens",
                "Where an app's access token is renewed.",
                default="https://moneybird.com/oauth/token",
            ),
            PATH_FIELD: Field(
                "Webhook secret",
                "A text of your own, of 20 characters or more: the end of the address that Moneybird calls. Empty: no webhooks.",
                is_secret=True,
            ),
            SIGNING_FIELD: Field(
                "Webhook signing secret",
                "That Moneybird gave when the webhook was made. With it only signed calls are taken.",
                is_secret=True,
            ),
        },
    ),
    client=f"{_HERE}.client.client_of",
    check=f"{_HERE}.check.check_connection",
    entities=ENTITIES,
    identity="administrations",
    fills={
        "account": "ledger_accounts",
        "ledger_entry": "purchase_invoices",
        "invoice": "sales_invoices",
        "purchase_document": "purchase_invoices",
    },
    ledger=(*BOOKED, "ledger_accounts"),
    rights=(
        "make a token at Moneybird (Settings, External applications) with the scopes sales_invoices, documents, bank and "
        "settings, and enter it in the connection"
    ),
    controls=f"{_HERE}.controls.MoneybirdControls",
    words={
        "sales_invoices.state": "an invoice with a number counts as sent, one without a number as a draft",
        "financial_mutations.state": "facts do not show this field",
        "financial_mutations.payments.invoice_type": (
            "what such a payment pays waits on the account of unmatched transactions (te rubriceren), unless the document "
            "itself tells of the payment"
        ),
        "payments.invoice_type": "facts do not show this field of the payments of a document",
        "projects.state": "the group of such a project is named by the word itself",
    },
)
