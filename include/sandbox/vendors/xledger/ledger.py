"""Transactions: the lines of the books as Xledger shows them.

There are no openings that are carried forward (the books' type 8): balances run on. Headers are the books'
vouchers. Nothing is stored; a line is found by its number, which is a part of its dbId.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from sandbox.books.dimensions import Keys
from sandbox.books.entries import RESULT_ACCOUNTS
from sandbox.books.line import Line, mix
from sandbox.books.registers import FIRST_DISTRIBUTION
from sandbox.books.timeline import NUMBERS_PER_SLOT, VOUCHERS_PER_SLOT

from .entity import WIDE_SPAN, Entity, stamp
from .ids import project_id
from .periods import adjusted_numbers, adjustments, months
from .projects import FIRST_PROJECTS
from .registers import (
    accounts_by_number,
    cost_objects,
    currencies_by_code,
    departments,
    tax_rules,
)
from .rendering import SAME, Getter, Read, nothing
from .table import Row

_FIRST_OPENING, _TRANSFERRED = 7, 8
#: Where in a slot a line lies -> which of its vouchers it belongs to.
_VOUCHERS = (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 5, 6, 6, 7, 7, 7)
#: Ids of headers fit 32 bits, so that entities whose dbIds differ by a multiple share some.
_HEADERS, _ENTITIES = 224_000, 9_500
SOURCES = {1: "AR", 2: "BANK", 3: "AP", 4: "BANK", _FIRST_OPENING: "OB"}
_DESCRIPTIONS = {
    "AR": "Utgående faktura", "AP": "Inngående faktura", "BANK": "Bank", "OB": "Inngående balanse",
    "GL": "Hovedbok",
}  # fmt: skip


class Postings:
    """What an entity's lines name, by what the books call it."""

    def __init__(self, entity: Entity) -> None:
        self.entity, self.ledger = entity, entity.ledger
        self.first_id = entity.db_id * WIDE_SPAN
        self.accounts = entity.of(accounts_by_number)
        self.currencies = entity.of(currencies_by_code)
        self.rules = entity.of(tax_rules)
        self.departments = {n: row["dbId"] for n, row in entity.of(departments).items()}
        self.cost_objects = {n: row["dbId"] for n, row in entity.of(cost_objects).items()}
        self.has_dimensions = entity.company.departments
        self.adjusted = entity.of(adjusted_numbers)
        self._special = self.ledger.special
        self._first_header = entity.db_id % _ENTITIES * _HEADERS + 1
        self._adjustments, self._months = entity.of(adjustments), entity.of(months)
        self._keys_of: tuple[int, Keys] = (0, (None, None))
        self._periods: dict[date, dict[str, Any]] = {}
        self._seed = mix(entity.company.seed * 2_750_159)

    def period(self, line: Line) -> dict[str, Any]:
        """That of the line's date, or the adjustment period of the year it adjusts."""
        if line.number in self.adjusted:
            return self._adjustments[self.adjusted[line.number]]
        found = self._periods.get(line.date)
        if found is None:
            found = self._months[self.ledger.period_starts_on(line.date)]
            self._periods[line.date] = found
        return found

    def keys(self, line: Line) -> Keys:
        """Where a line lies in the books' two dimensions. A line is asked for both at once."""
        if line.account not in RESULT_ACCOUNTS or not self.has_dimensions:
            return None, None
        if self._keys_of[0] != line.number:
            self._keys_of = line.number, self.ledger.dimensions.keys(line.number)
        return self._keys_of[1]

    def department(self, line: Line) -> int | None:
        """The books' department; what they distribute has none here."""
        key = self.keys(line)[0]
        return None if key is None or key >= FIRST_DISTRIBUTION else key

    def project(self, line: Line) -> int | None:
        """The dbId of the project of every third line of profit and loss."""
        if line.account not in RESULT_ACCOUNTS:
            return None
        bits = mix(self._seed + line.number)
        return None if bits % 3 else project_id(self.entity, (bits >> 8) % FIRST_PROJECTS)

    def header_id(self, line: Line) -> int:
        slot, place = divmod(line.number - 1, NUMBERS_PER_SLOT)
        which = _VOUCHERS[place]
        if slot in self._special:
            which = int(line.type != _FIRST_OPENING)
        return self._first_header + slot * VOUCHERS_PER_SLOT + which

    def entered(self, line: Line) -> str:
        return stamp(self.ledger.date_of((line.number - 1) // NUMBERS_PER_SLOT))


class Posting(NamedTuple):
    """A line, the books it is in, and its dbId in the table that shows it."""

    line: Line
    books: Postings
    db_id: int

    @property
    def date(self) -> date:
        return self.books.adjusted.get(self.line.number, self.line.date)

    @property
    def source(self) -> str:
        return SOURCES.get(self.line.type, "GL")

    @property
    def period(self) -> dict[str, Any]:
        return self.books.period(self.line)


def lines_of(entity: Entity, slot: int) -> list[Line]:
    """The lines of a slot that Xledger shows. Those that are carried forward are not even made: they take
    the sums of a year."""
    special = entity.ledger.special.get(slot)
    if special and slot and special.kind != "reversal":
        return []
    found = entity.ledger.slot(slot)
    return [line for line in found if line.type != _TRANSFERRED] if special else found


def postings(entity: Entity, slots: Iterable[int] | None = None) -> Iterator[Posting]:
    """All that an entity has posted, or that of some slots."""
    books = entity.of(Postings)
    for slot in range(entity.ledger.slots) if slots is None else slots:
        for line in lines_of(entity, slot):
            yield Posting(line, books, books.first_id + line.number)


_SOURCES = {
    code: {"code": code, "name": code, "description": words}
    for code, words in _DESCRIPTIONS.items()
}
#: Which of the lines have an entry of another ledger: every so manieth.
_XGL = 97
_DATE = Read("row.books.adjusted.get(row.line.number, row.line.date)")
_PERIOD = Read("row.books.period(row.line)")
HEADER: dict[str, Getter] = {
    "dbId": Read("row.books.header_id(row.line)"),
    "ownerDbId": Read("row.books.entity.db_id"),
    "transactionNumber": Read("row.line.voucher"),
    "trRegNumber": Read("row.line.voucher"),
    "text": Read("row.line.text"),
    "postedDate": _DATE,
    "createdAt": lambda p: p.books.entered(p.line),
    "modifiedAt": lambda p: p.books.entered(p.line),
    "importedAt": nothing,
    "registeredAt": lambda p: p.books.entered(p.line),
    "fiscalYear": lambda p: p.period["fiscalYear"],
    "transactionSource": Read("SOURCES[row.source]", SOURCES=_SOURCES),
    "trProcessLevel": nothing,
    "processType": nothing,
    "jobLevel": nothing,
    "invoiceFile": nothing,
}


def _of_result(source: str) -> Read:
    """What only lines of profit and loss have."""
    return Read(f"{source} if row.line.account in RESULT else None", RESULT=RESULT_ACCOUNTS)


_FIELDS: dict[str, Getter] = {
    "dbId": Read("row.db_id"),
    "ownerDbId": Read("row.books.entity.db_id"),
    "owner": lambda p: p.books.entity.fields()["owner"],
    "text": Read("row.line.text"),
    "amount": Read("row.line.base"),
    "invoiceAmount": Read("row.line.amount"),
    "periodId": lambda p: p.period["dbId"],
    "monthNumber": lambda p: p.date.month,
    "periodNumber": lambda p: p.period["fiscalPeriod"],
    "reconciled": lambda p: False,
    "matchId": lambda p: 0,
    "accountDbId": lambda p: p.books.accounts[p.line.account]["dbId"],
    "account": Read("row.books.accounts[row.line.account]"),
    "glObject1DbId": _of_result("row.books.departments.get(row.books.department(row.line))"),
    "glObject2DbId": _of_result("row.books.cost_objects.get(row.books.keys(row.line)[1])"),
    "glObject3DbId": _of_result("row.books.project(row.line)"),
    "xgl": Read(f"None if row.line.number % {_XGL} else {{'dbId': row.line.number // {_XGL}}}"),
    "currency": Read("row.books.currencies[row.line.currency]"),
    "taxRule": Read("row.books.rules[row.line.vat] if row.line.vat else None"),
    "period": _PERIOD,
    "header": SAME,
}
_NOTHING = (
    "taxAmount", "amount3", "amount4", "amount5", "quantity", "positionNumber", "companyDbId", "company",
    "glObject4DbId", "glObject5DbId", "glDimension", "bankAccount", "extIdentifier",
)  # fmt: skip


class Transactions:
    """The table of ledger lines."""

    shared = None

    def __init__(self) -> None:
        self.getters: dict[str, Getter] = {**dict.fromkeys(_NOTHING, nothing), **_FIELDS}
        self.filters: dict[str, Getter] = {"postedDate": lambda p: p.date.isoformat()}

    def forwards(self, entity: Entity, after: int) -> Iterator[Row]:
        number = max(0, after - entity.db_id * WIDE_SPAN)
        first = number // NUMBERS_PER_SLOT
        for posting in postings(entity, range(first, entity.ledger.slots)):
            if posting.line.number > number:
                yield posting

    def backwards(self, entity: Entity, before: int) -> Iterator[Row]:
        number = before - entity.db_id * WIDE_SPAN
        last = min(entity.ledger.slots - 1, (number - 1) // NUMBERS_PER_SLOT)
        for slot in range(last, -1, -1):
            for posting in reversed(list(postings(entity, [slot]))):
                if posting.line.number < number:
                    yield posting

    def row(self, entity: Entity, db_id: int) -> Row | None:
        number = db_id - entity.db_id * WIDE_SPAN
        slot = (number - 1) // NUMBERS_PER_SLOT
        if not 0 < number < WIDE_SPAN or slot >= entity.ledger.slots:
            return None
        return next((p for p in postings(entity, [slot]) if p.line.number == number), None)
