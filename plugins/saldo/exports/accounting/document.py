"""What an expense becomes in an accounting system: entries that come to zero, and the body that the target takes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

import msgspec

Amounts = Literal["number", "string"]
Shape = Literal["journal", "purchase_invoice", "import"]
Owner = Literal["account", "vendor", "employee"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a posting. line: the expense's; None for what is owed for all of them. amount: VAT included, debit
    above zero. owner: what `number` is the number of; account: of what is owed, where the target does not find it itself."""

    line: int | None
    owner: Owner
    number: str
    account: str | None = None
    amount: Decimal
    vat_code: str | None = None
    vat_amount: Decimal = Decimal(0)
    text: str
    dimensions: dict[str, str]


class ReceiptReference(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt that is attached: the expense's line, and the bytes by their digest."""

    line: int
    name: str
    content_type: str
    size: int
    sha256: str


class AccountingDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An expense as its target gets it.

    key: the document's number there, at most 20 characters; reference: at most 35, each line's is longer by its number.
    total: what is owed, VAT included, of `currency`. payload: what is sent, with Decimals; `body` is its bytes. amounts: how
    they are written in its JSON. notes: what was changed on the way, in words.
    """

    organisation: str
    target: str
    company: str
    shape: Shape
    kind: str
    source_id: str
    revision: int
    key: str
    reference: str
    posting_date: date
    currency: str
    total: Decimal
    total_vat: Decimal
    text: str
    entries: tuple[Entry, ...]
    payload: dict[str, Any]
    receipts: tuple[ReceiptReference, ...]
    booking: Literal["post", "leave"]
    amounts: Amounts
    notes: tuple[str, ...]

    @property
    def balance(self) -> Decimal:
        """Zero."""
        return sum((entry.amount for entry in self.entries), Decimal(0))

    @property
    def body(self) -> bytes:
        """The payload as JSON; the same document gives the same bytes."""
        return msgspec.json.Encoder(decimal_format=self.amounts, order="sorted").encode(
            self.payload
        )
