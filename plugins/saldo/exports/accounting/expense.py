"""An expense as it comes in: the claim of an employee, or the honorarium of a supplier (a driver).

`parse_expense` reads JSON or what it stands for, and says every problem at once. The structs are what it reads: encoded
by msgspec they are the same JSON again. Amounts are Decimals of the expense's currency with at most four decimals, VAT
included, and exact.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, cast

import msgspec

from .problems import InvalidExpense, Problem, shown
from .reading import Fields

__all__ = [
    "CONTENT_TYPES",
    "LARGEST_RECEIPT",
    "STATUSES",
    "Expense",
    "ExpenseLine",
    "InvalidExpense",
    "Problem",
    "Receipt",
    "parse_expense",
]

Kind = Literal["expense", "honorarium"]
Status = Literal["draft", "submitted", "approved", "rejected", "cancelled"]

#: Kind -> who is paid, and who is not.
_PAID = {"expense": ("employee", "supplier"), "honorarium": ("supplier", "employee")}
STATUSES = ("draft", "submitted", "approved", "rejected", "cancelled")
#: Content type -> how such a file begins.
CONTENT_TYPES = {
    "application/pdf": b"%PDF-",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
}
#: Bytes of a receipt.
LARGEST_RECEIPT = 10 * 1024 * 1024
MOST_LINES = 200
MOST_RECEIPTS = 20
#: As agreements have theirs.
_ORGANISATION = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CURRENCY = re.compile(r"[A-Z]{3}")
#: Names of files lead to no folder.
_FILE_NAME = re.compile(r"[^/\\]*[^/\\.\s][^/\\]*")
_CENT = Decimal("0.01")


class Receipt(msgspec.Struct, frozen=True):
    """A file; `content` is base64 in JSON, under `content_base64`."""

    name: str
    content_type: str
    content: bytes = msgspec.field(name="content_base64")

    @property
    def size(self) -> int:
        """Bytes of its content."""
        return len(self.content)

    @property
    def sha256(self) -> str:
        """Of its content."""
        return hashlib.sha256(self.content).hexdigest()


class ExpenseLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line. amount: VAT included, below zero for what is deducted. rate: what one unit of a mileage or per-diem line
    costs; quantity × rate is then the amount."""

    line: int
    category: str
    date: date
    text: str
    quantity: Decimal
    rate: Decimal | None
    amount: Decimal
    vat_code: str | None
    vat_amount: Decimal
    dimensions: dict[str, str]
    receipts: tuple[Receipt, ...]


class Expense(msgspec.Struct, frozen=True, kw_only=True):
    """A claim or an honorarium. revision: None where the sender counts none. approved_at: in UTC."""

    id: str
    organisation: str
    kind: Kind
    status: Status
    approved_at: datetime | None
    employee: str | None
    supplier: str | None
    description: str
    date: date
    currency: str
    revision: int | None
    lines: tuple[ExpenseLine, ...]

    @property
    def total(self) -> Decimal:
        """What is paid, VAT included."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def total_vat(self) -> Decimal:
        return sum((line.vat_amount for line in self.lines), Decimal(0))

    @property
    def payee(self) -> str:
        """The employee or the supplier."""
        return self.employee or self.supplier or ""


def parse_expense(raw: bytes | dict[str, Any]) -> Expense:
    """Raises InvalidExpense with every problem."""
    problems: list[Problem] = []
    expense = _expense(_values(raw) if isinstance(raw, bytes) else raw, problems)
    if problems:
        raise InvalidExpense(f"expense {shown(expense.id or None)}", problems)
    return expense


def _values(raw: bytes) -> Any:
    try:
        return json.loads(raw, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as error:
        problem = Problem(
            "", f"no readable JSON ({error})", "an object", "send the expense as JSON"
        )
        raise InvalidExpense("expense", [problem]) from None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        double = next(key for key in names if names.count(key) > 1)
        raise ValueError(f"the key {shown(double)} is there twice")
    return found


def _expense(raw: Any, problems: list[Problem]) -> Expense:
    fields = Fields(raw, "", problems, Expense.__struct_fields__)
    kind = fields.choice("kind", tuple(_PAID))
    lines = fields.list_of("lines", MOST_LINES, at_least=1)
    expense = Expense(
        id=fields.text(
            "id", 64, pattern=_ID, like="a letter or digit, then up to 63 of A-Z, a-z, 0-9, '.', '_' and '-'"
        ),
        organisation=fields.text(
            "organisation", 40, pattern=_ORGANISATION, like="a small letter, then up to 39 of a-z, 0-9 and _"
        ),
        kind=cast(Kind, kind),
        status=cast(Status, fields.choice("status", STATUSES)),
        approved_at=fields.moment("approved_at"),
        employee=fields.optional("employee", 50),
        supplier=fields.optional("supplier", 50),
        description=fields.text("description", 2000, lines=True),
        date=fields.day("date"),
        currency=fields.text("currency", 3, pattern=_CURRENCY, like="three capitals like NOK"),
        revision=fields.number("revision", range(1, 10_000)) if fields.given("revision") else None,
        lines=tuple(_line(line, f"lines[{at}]", problems) for at, line in enumerate(lines)),
    )  # fmt: skip
    _check_payee(fields, expense)
    _check_whole(fields, expense)
    return expense


def _check_payee(fields: Fields, expense: Expense) -> None:
    if expense.kind not in _PAID:
        return
    paid, other = _PAID[expense.kind]
    if not fields.given(paid):
        fields.note(paid, "nothing", f"the {paid} who is paid", f"fill it in ({expense.kind})")
    if fields.given(other):
        said = shown(fields.values[other])
        fields.note(
            other,
            said,
            f"nothing in an {expense.kind}",
            f"remove it, or change the kind; the {paid} is paid",
        )


def _check_whole(fields: Fields, expense: Expense) -> None:
    if expense.status == "approved" and not fields.given("approved_at"):
        fields.note(
            "approved_at",
            "nothing",
            "the moment of the approval",
            "fill it in, or change the status",
        )
    seen: set[int] = set()
    for at, line in enumerate(expense.lines):
        if line.line and line.line in seen:
            fields.note(
                f"lines[{at}].line",
                f"{line.line} again",
                "a number of its own",
                "number the lines anew",
            )
        seen.add(line.line)
    if not fields.problems and expense.total <= 0:
        said = f"lines that come to {expense.total}"
        fields.note("lines", said, "a total above 0", "correct the amounts, or do not send it")


def _line(raw: Any, path: str, problems: list[Problem]) -> ExpenseLine:
    fields = Fields(raw, path, problems, ExpenseLine.__struct_fields__)
    has_amount = fields.given("amount")
    amount = fields.amount("amount")
    quantity = fields.amount("quantity") if fields.given("quantity") else Decimal(1)
    rate = fields.amount("rate") if fields.given("rate") else None
    vat = fields.amount("vat_amount") if fields.given("vat_amount") else Decimal(0)
    files = fields.list_of("receipts", MOST_RECEIPTS)
    line = ExpenseLine(
        line=fields.number("line", range(1, 10_000)),
        category=fields.text("category", 60),
        date=fields.day("date"),
        text=fields.text("text", 2000, lines=True),
        quantity=quantity or Decimal(0),
        rate=rate,
        amount=amount or Decimal(0),
        vat_code=fields.optional("vat_code", 20),
        vat_amount=vat or Decimal(0),
        dimensions=fields.texts("dimensions", 50, 100),
        receipts=tuple(
            _receipt(file, f"{path}.receipts[{at}]", problems) for at, file in enumerate(files)
        ),
    )
    if quantity is not None and quantity <= 0:
        fields.note("quantity", str(quantity), "a number above 0", "correct it")
    if rate is not None and rate <= 0:
        fields.note("rate", str(rate), "a number above 0", "correct it")
    if has_amount and amount is not None:
        _check_amounts(fields, line, amount, quantity, vat)
    return line


def _check_amounts(
    fields: Fields,
    line: ExpenseLine,
    amount: Decimal,
    quantity: Decimal | None,
    vat: Decimal | None,
) -> None:
    if amount == 0:
        fields.note("amount", "0", "an amount that is booked", "remove the line")
        return
    if line.rate and quantity and abs(quantity * line.rate - abs(amount)) >= _CENT:
        meant = (quantity * line.rate).quantize(_CENT)
        said = f"quantity {quantity} × rate {line.rate}, {meant}"
        fields.note("amount", str(amount), said, "correct one of the three")
    if not vat:
        return
    if line.vat_code is None:
        fields.note(
            "vat_code",
            "nothing",
            f"the code of the VAT of {vat}",
            "fill it in, or remove vat_amount",
        )
    if vat * amount < 0 or abs(vat) >= abs(amount):
        said = f"a part of the amount ({amount}), with its sign"
        fields.note("vat_amount", str(vat), said, "correct it; `amount` includes VAT")


def _receipt(raw: Any, path: str, problems: list[Problem]) -> Receipt:
    fields = Fields(raw, path, problems, ("name", "content_type", "content_base64"))
    receipt = Receipt(
        name=fields.text("name", 200, pattern=_FILE_NAME, like="a file's name without a folder"),
        content_type=fields.choice("content_type", tuple(CONTENT_TYPES)),
        content=fields.base64("content_base64", LARGEST_RECEIPT),
    )
    if len(receipt.content) > LARGEST_RECEIPT:
        said = f"{len(receipt.content):,} bytes"
        fields.note("content_base64", said, f"at most {LARGEST_RECEIPT:,}", "send a smaller file")
    elif receipt.content and receipt.content_type:
        begin = CONTENT_TYPES[receipt.content_type]
        if not receipt.content.startswith(begin):
            fields.note(
                "content_base64",
                "a file of another kind",
                receipt.content_type,
                "correct content_type",
            )
    return receipt
