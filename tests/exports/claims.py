"""Expense claims as they come in, for tests: a whole one, and the same with something else in it."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from saldo.exports.accounting.expense import Expense, parse_expense

PDF = b"%PDF-1.7 a ticket"


def receipt(content: bytes = PDF) -> dict[str, str]:
    return {
        "name": "ticket.pdf",
        "content_type": "application/pdf",
        "content_base64": b64encode(content).decode(),
    }


def line(number: int = 1, **more: Any) -> dict[str, Any]:
    found = {
        "line": number,
        "category": "travel",
        "date": "2026-03-02",
        "text": "Train",
        "quantity": "1",
        "amount": "125.00",
        "vat_code": "25",
        "vat_amount": "25.00",
        "dimensions": {"department": "10", "project": "P1"},
        "receipts": [receipt()],
    }
    return {**found, **more}


def claim(**more: Any) -> dict[str, Any]:
    found = {
        "id": "EXP-2026-0001",
        "organisation": "hlf",
        "kind": "expense",
        "status": "approved",
        "approved_at": "2026-03-03T09:00:00Z",
        "employee": "E12",
        "supplier": None,
        "description": "Course in Oslo",
        "date": "2026-03-02",
        "currency": "NOK",
        "lines": [
            line(),
            line(2, text="Bus", amount="40", vat_code=None, vat_amount=None, receipts=[]),
        ],
    }
    return {**found, **more}


def expense(**more: Any) -> Expense:
    return parse_expense(claim(**more))
