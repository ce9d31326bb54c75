"""What Xledger is. Its words, scopes and quirks: README.md."""

from __future__ import annotations

from saldo.declarations.connection_form import Field, Form
from saldo.vendors.vendor import Vendor

from .entities import ENTITIES

_HERE = "saldo.vendors.xledger"

XLEDGER = Vendor(
    name="xledger",
    title="Xledger",
    form=Form(
        standard={
            "host": Field(
                "Address of the GraphQL endpoint", default="https://www.xledger.net/graphql"
            ),
            "password": Field("Token", "with the read scopes, of a service user", is_required=True),
        },
        extra={
            "owner_db_id": Field(
                "Owner dbId",
                "Of the entity whose books these are. Empty for the one the token was made in.",
            ),
            "burst": Field(
                "Requests in 5 seconds",
                "That Xledger allows this token. Fewer where other programs use it, too.",
                default="20",
            ),
            "webhook_secret": Field(
                "Webhook secret",
                "A text of your own, of 20 characters or more, that reports on exports are signed with. Empty: none are taken.",
                is_secret=True,
            ),
        },
    ),
    client=f"{_HERE}.client.client_of",
    check=f"{_HERE}.check.check_connection",
    entities=ENTITIES,
    identity="entities",
    fills={
        "account": "accounts",
        "ledger_entry": "transactions",
        "accounting_year": "periods",
        "receivable": "ar_transactions",
        "payable": "ap_transactions",
        "dimension_slot": "entities",
    },
    rights=(
        "make a token at Xledger (Administration, System Access, GraphQL, API tokens) with the read scopes of "
        "everything Saldo reads ticked, and enter it in the connection"
    ),
    controls=f"{_HERE}.controls.XledgerControls",
    words={"periodStatus.name": "such a period counts as open"},
)
