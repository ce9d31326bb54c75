"""The documents of which e-conomic hands out a PDF; each costs 13 tokens of a minute's 10,000."""

from __future__ import annotations

from saldo.reading import DocumentKind

DOCUMENTS = {
    kind.name: kind
    for kind in (
        DocumentKind("invoice", "invoices/booked/{number}/pdf", number="document_number"),
        DocumentKind(
            "voucher",
            "documentsapi/v4.0.1/AttachedDocuments/{number}/pdf",
            number="attached_document_number",
        ),
    )
}
