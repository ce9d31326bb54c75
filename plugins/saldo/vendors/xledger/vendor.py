"""What Xledger is: reached, not synced yet."""

from __future__ import annotations

from saldo.declarations.connection_form import Field, Form
from saldo.vendors.vendor import Vendor

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
        },
    ),
    client="saldo.vendors.xledger.client.client_of",
    check="saldo.vendors.xledger.check.check_connection",
)
