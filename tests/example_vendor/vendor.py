"""What the vendor is. Its words and quirks: README.md."""

from __future__ import annotations

from pathlib import Path

from saldo.declarations.connection_form import Field, Form
from saldo.vendors.vendor import Vendor

from .entities import ENTITIES

_HERE = "tests.example_vendor"

EXAMPLE_VENDOR = Vendor(
    name="example_vendor",
    title="Example Vendor",
    form=Form(
        standard={
            "host": Field("Address of the API", default="https://api.example.com/v1"),
            "password": Field("Token", "of this company, read-only", is_required=True),
        },
    ),
    client=f"{_HERE}.client.client_of",
    check=f"{_HERE}.check.check_connection",
    entities=ENTITIES,
    identity="company",
    fills={
        "account": "accounts",
        "ledger_entry": "postings",
        "accounting_year": "fiscal_years",
    },
    sql=Path(__file__).parent / "sql",
    rights="let the owner of the token give it the right to read, and make a new one",
)
