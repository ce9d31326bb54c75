"""What Business Central is: reached, to export to; nothing of it is synced."""

from __future__ import annotations

from saldo.declarations.connection_form import Field, Form
from saldo.vendors.vendor import Vendor

BUSINESS_CENTRAL = Vendor(
    name="business_central",
    title="Business Central",
    form=Form(
        standard={
            "host": Field("Address of the API", default="https://api.businesscentral.dynamics.com"),
            "login": Field("Client id", "of the app registration in Entra", is_required=True),
            "password": Field("Client secret", "the secret's value, not its id", is_required=True),
        },
        extra={
            "tenant": Field("Tenant", "Its id, or a domain of it.", is_required=True),
            "environment": Field(
                "Environment",
                "Its name in Business Central's admin center, such as Production.",
                is_required=True,
            ),
            "company": Field("Company", "Its name or id. The Test lists them when this is empty."),
            "token_url": Field(
                "Address of tokens",
                "Empty for https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token",
            ),
            "webhook_secret": Field(
                "Webhook secret",
                "A text of your own, of 20 characters or more, that reports on exports are signed with. Empty: none are taken.",
                is_secret=True,
            ),
        },
    ),
    client="saldo.vendors.business_central.client.client_of",
    check="saldo.vendors.business_central.check.check_connection",
    key_field="key_environment",
)
