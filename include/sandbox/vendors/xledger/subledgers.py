"""Sub-ledgers: the lines of the books with a customer or a supplier, with what is left of them to pay.

Their ids fit 32 bits: they count the places in a slot where such lines can be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sandbox.books.ledger import Ledger
from sandbox.books.line import Line
from sandbox.books.timeline import NUMBERS_PER_SLOT

from .entity import Entity
from .ids import customer_id, supplier_id
from .ledger import Posting, Postings
from .parties import customers, index_of_customer, suppliers
from .rendering import Getter, nothing
from .table import Row

_SPAN = 140_000
#: Where in a slot lines with a customer or a supplier can lie, and which of them are invoices.
CUSTOMER_PLACES, SUPPLIER_PLACES = (0, 3, 11, 12, 20), (6, 13)
CUSTOMER_INVOICES, SUPPLIER_INVOICES = (0, 3), (6,)
_REMINDER = 6


def kind_of(posting: Posting) -> str:
    """What kind of line it is, as Xledger names it."""
    line = posting.line
    if line.type in (2, 4):
        return "ELECTRONIC_PAYMENT"
    if line.type == _REMINDER:
        return "REMINDER"
    is_credit = line.amount < 0 if line.customer is not None else line.amount > 0
    return "CREDIT_MEMO" if is_credit else "INVOICE"


_KINDS = {
    name: {"name": name, "code": name}
    for name in ("ELECTRONIC_PAYMENT", "REMINDER", "CREDIT_MEMO", "INVOICE")
}


def _by_id(make: Callable[[Entity], list[dict[str, Any]]]) -> Callable[[Entity], dict[int, Any]]:
    def rows(entity: Entity) -> dict[int, Any]:
        return {row["dbId"]: row for row in entity.of(make)}

    return rows


class Subledger:
    """A table of lines. places: where in a slot they can lie; lines: those of a slot; party: the dbId of whose line it
    is."""

    shared = None

    def __init__(
        self,
        places: tuple[int, ...],
        lines: Callable[[Ledger, int], list[Line]],
        party: Callable[[Entity, Line], int | None],
        parties: Callable[[Entity], list[dict[str, Any]]],
    ) -> None:
        self.places, self._lines, self.party = places, lines, party
        self._parties = _by_id(parties)
        self.getters = self._getters()
        self.filters: dict[str, Getter] = {}

    def id(self, entity: Entity, number: int) -> int:
        """The dbId of the line of a number; its place must be one of these."""
        slot, place = divmod(number - 1, NUMBERS_PER_SLOT)
        return entity.db_id * _SPAN + slot * len(self.places) + self.places.index(place) + 1

    def forwards(self, entity: Entity, after: int) -> Iterator[Row]:
        first = max(0, after - entity.db_id * _SPAN) // len(self.places)
        if first < entity.ledger.slots:
            yield from (p for p in self._of_slot(entity, first) if self._id(p) > after)
        for slot in range(first + 1, entity.ledger.slots):
            yield from self._of_slot(entity, slot)

    def backwards(self, entity: Entity, before: int) -> Iterator[Row]:
        place = before - 1 - entity.db_id * _SPAN
        last = min(entity.ledger.slots - 1, (place - 1) // len(self.places))
        for slot in range(last, -1, -1):
            for posting in reversed(self._of_slot(entity, slot)):
                if self._id(posting) < before:
                    yield posting

    def row(self, entity: Entity, db_id: int) -> Row | None:
        place = db_id - entity.db_id * _SPAN - 1
        slot = place // len(self.places)
        if not 0 <= place < _SPAN or slot >= entity.ledger.slots:
            return None
        return next((p for p in self._of_slot(entity, slot) if self._id(p) == db_id), None)

    def lines(self, entity: Entity, slot: int) -> list[Line]:
        """Those of a slot."""
        return self._lines(entity.ledger, slot)

    def _of_slot(self, entity: Entity, slot: int) -> list[Posting]:
        books = entity.of(Postings)
        return [Posting(line, books) for line in self.lines(entity, slot)]

    def _id(self, posting: Posting) -> int:
        return self.id(posting.books.entity, posting.line.number)

    def _whose(self, posting: Posting) -> int | None:
        return self.party(posting.books.entity, posting.line)

    def _subledger(self, posting: Posting) -> Any:
        whose = self._whose(posting)
        return None if whose is None else posting.books.entity.of(self._parties).get(whose)

    def _getters(self) -> dict[str, Getter]:
        return {
            **dict.fromkeys(_NOTHING, nothing),
            **_FIELDS,
            "dbId": self._id,
            "subledgerDbId": self._whose,
            "subledger": self._subledger,
        }


_FIELDS: dict[str, Getter] = {
    "ownerDbId": lambda p: p.books.entity.db_id,
    "owner": lambda p: p.books.entity.fields()["owner"],
    "text": lambda p: p.line.text,
    "amount": lambda p: p.line.base,
    "invoiceAmount": lambda p: p.line.amount,
    "invoiceRemaining": lambda p: p.line.remainder or 0,
    "exchangeRate": lambda p: round(p.line.base / p.line.amount, 6) if p.line.amount else 1.0,
    "invoiceNumber": lambda p: p.line.invoice,
    "invoiceDate": lambda p: p.date,
    "dueDate": lambda p: p.line.due,
    "headerCreatedAt": lambda p: p.books.entered(p.line),
    "headerModifiedAt": lambda p: p.books.entered(p.line),
    "matchId": lambda p: 0,
    "reconciled": lambda p: not p.line.remainder,
    "accountDbId": lambda p: p.books.accounts[p.line.account]["dbId"],
    "account": lambda p: p.books.accounts[p.line.account],
    "currency": lambda p: p.books.currencies[p.line.currency],
    "slTransactionType": lambda p: _KINDS[kind_of(p)],
    "period": lambda p: p.period,
    "transactionHeader": lambda p: p,
}
_NOTHING = (
    "paymentDate", "lastPaymentDate", "interestDate", "reminderDate", "headerTransactionSourceDbId",
    "paymentReference", "extIdentifier", "bankAccount", "interest", "lateFee", "company", "billAddress",
    "glDimension", "ledgerType", "paymentStatus", "payCode", "invoiceFile",
)  # fmt: skip


def _customer(entity: Entity, line: Line) -> int | None:
    if line.customer is None:
        return None
    return customer_id(entity, index_of_customer(entity, line.customer))


def _supplier(entity: Entity, line: Line) -> int | None:
    return None if line.supplier is None else supplier_id(entity, line.supplier - 1)


RECEIVABLES = Subledger(CUSTOMER_PLACES, Ledger.customer_slot, _customer, customers)
PAYABLES = Subledger(SUPPLIER_PLACES, Ledger.supplier_slot, _supplier, suppliers)
