"""Three organisations, an expense of each, and what a test changes in them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from saldo.exports.accounting.configuration import AccountingExport
from saldo.exports.loading import load_accounting_exports

HERE = Path(__file__).parent
ORGANISATIONS = HERE / "organisations"
PDF = b"%PDF-1.7 a receipt"
PNG = b"\x89PNG\r\n\x1a\n a picture"
LONG = "Tog Oslo–Bergen 🚆 " + "med mellomlanding i hver eneste stasjon på veien " * 3


def configurations() -> dict[str, AccountingExport]:
    found = load_accounting_exports(directories=[ORGANISATIONS])
    assert found.broken == ()
    return {one.organisation: one for one in found.good}


def receipt(
    name: str = "ticket.pdf", content: bytes = PDF, of: str = "application/pdf"
) -> dict[str, Any]:
    return {"name": name, "content_type": of, "content_base64": base64.b64encode(content).decode()}


def line(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "line": number, "category": "travel", "date": "2026-03-02", "text": "Train", "quantity": "1", "amount": "125.00",
        "vat_code": "25", "vat_amount": "25.00", "dimensions": {"department": "10"}, "receipts": [],
    } | changes  # fmt: skip


def expense(**changes: Any) -> dict[str, Any]:
    """A claim of Fjellbygg."""
    return {
        "id": "EXP-2026-0001", "organisation": "fjell", "kind": "expense", "status": "approved",
        "approved_at": "2026-03-31T22:30:00Z", "employee": "E12", "supplier": None, "description": "Course in Oslo",
        "date": "2026-03-02", "currency": "NOK", "lines": [line()],
    } | changes  # fmt: skip


def mileage(number: int = 2, **changes: Any) -> dict[str, Any]:
    values = {
        "category": "mileage", "text": "Oslo–Drammen", "quantity": "84.5", "rate": "5.30", "amount": "447.85", "vat_code": None,
        "vat_amount": None,
    }  # fmt: skip
    return line(number, **(values | changes))


#: Name of a golden file -> an expense.
GOLDEN: dict[str, dict[str, Any]] = {
    "fjell": expense(
        revision=2,
        lines=[
            line(text=LONG, dimensions={"department": "10", "project": "P1"}, receipts=[receipt(), receipt("2.png", PNG, "image/png")]),
            mileage(),
            line(3, category="advance", text="Advance", amount="-100", vat_code=None, vat_amount="0", dimensions={"department": "20"}),
        ],
    ),
    "koersel": expense(
        id="hon.2026.02.0007", organisation="koersel", kind="honorarium", employee=None,
        supplier="driver-7", description="Feb", date="2026-02-14", currency="EUR",
        lines=[
            line(category="fee", text="uge 7", amount="1050.00", vat_amount="210.00", dimensions={}, receipts=[receipt()]),
            line(2, category="fuel", text="diesel retur", amount="-12.5", vat_amount="-2.5", dimensions={}),
        ],
    ),
    "havn": expense(
        organisation="havn",
        lines=[
            line(dimensions={"department": "10", "project": "P1"}, receipts=[receipt()]),
            mileage(dimensions={"department": "20"}),
        ],
    ),
}  # fmt: skip
