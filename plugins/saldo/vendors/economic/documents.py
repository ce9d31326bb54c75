"""The documents of which e-conomic hands out a PDF; each costs 13 tokens of a minute's 10,000."""

from __future__ import annotations

from saldo.declarations.source import DocumentKind
from saldo.vendors.vendor import Documents

DOCUMENTS = Documents(
    kinds={
        kind.name: kind
        for kind in (
            DocumentKind("invoice", "invoices/booked/{number}/pdf", number="document_number"),
            DocumentKind(
                "voucher",
                "documentsapi/v4.0.1/AttachedDocuments/{number}/pdf",
                number="attached_document_number",
            ),
        )
    },
    # A minute of them takes 8 % of the minute's tokens; a day of them a tenth of the 50,000 calls.
    per_minute=60,
    per_day=5_000,
)
