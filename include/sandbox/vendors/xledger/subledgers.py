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
from .ledger import HEADER, Posting, Postings
from .parties import customers, index_of_customer, suppliers
from .rendering import SAME, Getter, Read, nothing
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
        self._order = {place: n for n, place in enumerate(places)}
        self._parties = _by_id(parties)
        self.getters = self._getters()
        self.filters: dict[str, Getter] = {}

    def id(self, entity: Entity, number: int) -> int:
        """The dbId of the line of a number; its place must be one of these."""
        slot, place = divmod(number - 1, NUMBERS_PER_SLOT)
        return self._first_id(entity, slot) + self._order[place]

    def _first_id(self, entity: Entity, slot: int) -> int:
        return entity.db_id * _SPAN + slot * len(self.places) + 1

    def forwards(self, entity: Entity, after: int) -> Iterator[Row]:
        first = max(0, after - entity.db_id * _SPAN) // len(self.places)
        if first < entity.ledger.slots:
            yield from (p for p in self._of_slot(entity, first) if p.db_id > after)
        for slot in range(first + 1, entity.ledger.slots):
            yield from self._of_slot(entity, slot)

    def backwards(self, entity: Entity, before: int) -> Iterator[Row]:
        place = before - 1 - entity.db_id * _SPAN
        last = min(entity.ledger.slots - 1, (place - 1) // len(self.places))
        for slot in range(last, -1, -1):
            for posting in reversed(self._of_slot(entity, slot)):
                if posting.db_id < before:
                    yield posting

    def row(self, entity: Entity, db_id: int) -> Row | None:
        place = db_id - entity.db_id * _SPAN - 1
        slot = place // len(self.places)
        if not 0 <= place < _SPAN or slot >= entity.ledger.slots:
            return None
        return next((p for p in self._of_slot(entity, slot) if p.db_id == db_id), None)

    def lines(self, entity: Entity, slot: int) -> list[Line]:
        """Those of a slot."""
        return self._lines(entity.ledger, slot)

    def _of_slot(self, entity: Entity, slot: int) -> list[Posting]:
        books, order, first = entity.of(Postings), self._order, slot * NUMBERS_PER_SLOT + 1
        id = self._first_id(entity, slot)
        lines = self.lines(entity, slot)
        return [Posting(line, books, id + order[line.number - first]) for line in lines]

    def _whose(self, posting: Posting) -> int | None:
        return self.party(posting.books.entity, posting.line)

    def _subledger(self, posting: Posting) -> Any:
        whose = self._whose(posting)
        return None if whose is None else posting.books.entity.of(self._parties).get(whose)

    def _getters(self) -> dict[str, Getter]:
        return {
            **dict.fromkeys(_NOTHING, nothing),
            **_FIELDS,
            "dbId": Read("row.db_id"),
            "subledgerDbId": self._whose,
            "subledger": self._subledger,
        }


_FIELDS: dict[str, Getter] = {
    "ownerDbId": Read("row.books.entity.db_id"),
    "owner": lambda p: p.books.entity.fields()["owner"],
    "text": Read("row.line.text"),
    "amount": Read("row.line.base"),
    "invoiceAmount": Read("row.line.amount"),
    "invoiceRemaining": Read("row.line.remainder or 0"),
    "exchangeRate": lambda p: round(p.line.base / p.line.amount, 6) if p.line.amount else 1.0,
    "invoiceNumber": Read("row.line.invoice"),
    "invoiceDate": HEADER["postedDate"],
    "dueDate": Read("row.line.due"),
    "headerCreatedAt": lambda p: p.books.entered(p.line),
    "headerModifiedAt": lambda p: p.books.entered(p.line),
    "matchId": lambda p: 0,
    "reconciled": lambda p: not p.line.remainder,
    "accountDbId": lambda p: p.books.accounts[p.line.account]["dbId"],
    "account": Read("row.books.accounts[row.line.account]"),
    "currency": Read("row.books.currencies[row.line.currency]"),
    "slTransactionType": Read("KINDS[kind_of(row)]", KINDS=_KINDS, kind_of=kind_of),
    "period": Read("row.books.period(row.line)"),
    "transactionHeader": SAME,
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
