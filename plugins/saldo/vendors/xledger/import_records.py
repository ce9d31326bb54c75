"""Rows of what is staged, of what was booked of it, and of registers that lines name; as far as they are read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from saldo.staging.records import VendorDate


class Code(msgspec.Struct):
    code: str | None = None


class _Name(msgspec.Struct):
    name: str | None = None


class Url(msgspec.Struct):
    url: str | None = None


class Objects(msgspec.Struct, rename={f"object{n}": f"glObject{n}" for n in range(1, 6)}):
    object1: Code | None = None
    object2: Code | None = None
    object3: Code | None = None
    object4: Code | None = None
    object5: Code | None = None


class Item(Objects, rename="camel"):
    """A line that is staged, or was. archive, created_at: when it was staged, in Norwegian time without a zone."""

    db_id: int | str = 0
    owner_db_id: int | str | None = None
    ext_identifier: str | None = None
    tr_reg_number: int | None = None
    posted_date: VendorDate | None = None
    invoice_number: str | None = None
    amount: Decimal | None = None
    tax_amount: Decimal | None = None
    archive: bool | None = None
    created_at: str | None = None
    transaction_source: Code | None = None
    account: Code | None = None
    subledger: Code | None = None
    currency: Code | None = None
    tax_rule: Code | None = None
    project: Code | None = None
    invoice_file: Url | None = None


class ItemError(msgspec.Struct, rename="camel"):
    """What the import job says against a line. transaction_db_id: the line's."""

    db_id: int | str
    transaction_db_id: int | str | None = None
    message: str | None = None


class Header(msgspec.Struct, rename="camel"):
    """A voucher of the ledger."""

    db_id: int | str
    transaction_number: int | str | None = None
    posted_date: VendorDate | None = None
    created_at: str | None = None
    imported_at: str | None = None


class Line(msgspec.Struct, rename="camel"):
    """A line of the ledger that was staged once."""

    db_id: int | str
    header: Header
    owner_db_id: int | str | None = None
    ext_identifier: str | None = None
    amount: Decimal | None = None
    tax_amount: Decimal | None = None
    account: Code | None = None
    tax_rule: Code | None = None
    gl_dimension: Objects | None = None


class PayableHeader(msgspec.Struct, rename="camel"):
    db_id: int | str
    transaction_number: int | str | None = None


class Payable(msgspec.Struct, rename="camel"):
    """A line of the suppliers' and employees' ledger."""

    db_id: int | str
    transaction_header: PayableHeader
    invoice_number: str | None = None
    amount: Decimal | None = None
    subledger: Code | None = None
    sl_transaction_type: _Name | None = None

    @property
    def is_payment(self) -> bool:
        """Whether it pays what is owed, under whose invoice number it is."""
        kind = self.sl_transaction_type
        return kind is not None and "PAYMENT" in (kind.name or "")


class Named(msgspec.Struct, rename="camel"):
    """A row of a register: an account, a project, a supplier …; each has what its kind has."""

    db_id: int | str
    owner_db_id: int | str | None = None
    code: str | None = None
    posting: bool | None = None
    allow_posting: bool | None = None
    object_kind_db_id: int | str | None = None
    from_date: VendorDate | None = None
    to_date: VendorDate | None = None
    date_from: VendorDate | None = None
    date_to: VendorDate | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it is open on a day. Who has left is open as long as their row is."""
        ends = [one for one in (self.to_date, self.date_to) if one]
        begins = [one for one in (self.from_date, self.date_from) if one]
        return all(day <= one for one in ends) and all(one <= day for one in begins)


class Period(msgspec.Struct, rename="camel"):
    db_id: int | str
    owner_db_id: int | str | None = None
    description: str | None = None
    from_date: VendorDate | None = None
    to_date: VendorDate | None = None
    period_status: _Name | None = None

    @property
    def is_closed(self) -> bool:
        return self.period_status is not None and self.period_status.name == "CLOSED"


class Added(msgspec.Struct, rename="camel"):
    """A line that was staged now. client_id: of its input."""

    client_id: str | None = None
    node: dict[str, Any] | None = None
