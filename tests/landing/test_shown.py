"""A list is left out only where another entity shows it record by record, and the vendor's totals of it stand still.

The vendor's totals stay as they are in these books, unless a test says otherwise: they are fooled by all that cancels.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

import pytest

from saldo.run_request import RunRequest
from saldo.warehouse.connection import Connection
from tests.recorded import Recorded
from tests.support import agreement, land

ALL = ("self", "entries", "invoice_totals", "unpaid_invoices", "invoices")


class Books:
    """The golden books, and three more invoices: two that are open in base currency, and one that is paid."""

    def __init__(self, dsn: str, connection: Connection, id: str) -> None:
        self.dsn, self.connection, self.id = dsn, connection, id
        self.source, self.nights = Recorded.golden(), 0
        # Nobody may open one company twice: each test has its own.
        self.source.records["self"][0]["agreementNumber"] = crc32(id.encode())
        for place, (number, remainder) in enumerate(((2001, 300.0), (2002, 300.0), (2003, 0.0))):
            self._book(9_000 + place, number, remainder)

    def _book(self, entry: int, number: int, remainder: float) -> None:
        amounts = {"remainder": remainder, "currency": "DKK", "dueDate": "2026-05-01"}
        old = next(one for one in self.records("invoices") if one["bookedInvoiceNumber"] == 1001)
        invoice = {**old, **amounts, "bookedInvoiceNumber": number}
        self.records("invoices").append(invoice)
        if remainder:
            self.records("unpaid_invoices").append(dict(invoice))
        self.records("entries").append(
            {**self.entry(1002), "entryNumber": entry, "amount": 300.0, "currencyCode": "DKK",
             "customerNumber": invoice["customer"]["customerNumber"], "dueDate": "2026-05-01T00:00:00",
             "customerInvoiceNumber": number, "remainder": remainder}
        )  # fmt: skip

    def records(self, entity: str) -> list[Any]:
        return self.source.records[entity]

    def entry(self, number: int) -> dict[str, Any]:
        """What the customer owes for an invoice."""
        found: dict[str, Any] = next(
            one for one in self.records("entries")
            if one.get("customerInvoiceNumber") == number and one["type"] == 1 and "customerNumber" in one
        )  # fmt: skip
        return found

    def settle(self, number: int, remainder: float, *, is_in_ledger: bool = True) -> None:
        """A matching, or the undoing of one: what is lacking of an invoice is another amount."""
        invoice = next(
            one for one in self.records("invoices") if one["bookedInvoiceNumber"] == number
        )
        invoice["remainder"] = remainder
        unpaid = self.records("unpaid_invoices")
        unpaid[:] = [one for one in unpaid if one["bookedInvoiceNumber"] != number]
        if remainder:
            unpaid.append(dict(invoice))
        if is_in_ledger:
            self.entry(number)["remainder"] = remainder

    def night(self, *entities: str, **more: Any) -> int:
        """How many unpaid invoices were read."""
        self.nights += 1
        read = 0
        for entity in entities or ALL:
            _, counts = land(
                self.connection, self.dsn, self.source, agreement(self.id), entity,
                run_id=f"night {self.nights}", **more,
            )  # fmt: skip
            read += counts.read if entity == "unpaid_invoices" else 0
        return read

    def assert_as_at_the_vendor(self) -> None:
        assert self._held("unpaid_invoices") == {
            _told(one) for one in self.records("unpaid_invoices")
        }
        held = {
            one[:2] for one in self._held("invoices")
        }  # customers, whom they follow, do not land here
        assert held == {_told(one)[:2] for one in self.records("invoices")}

    def _held(self, entity: str) -> set[tuple[Any, ...]]:
        rows = self.connection.execute(
            "select source_key, (payload ->> 'remainder')::float, payload #>> '{customer,customerNumber}', "
            f"payload ->> 'dueDate' from staging.economic_{entity} "
            "where agreement_id = %s and deleted_at is null",
            [self.id],
        )
        return set(rows.fetchall())


def _told(invoice: dict[str, Any]) -> tuple[Any, ...]:
    customer = str(invoice["customer"]["customerNumber"])
    return str(invoice["bookedInvoiceNumber"]), invoice["remainder"], customer, invoice["dueDate"]


@pytest.fixture
def books(dsn: str, warehouse: Connection, request: pytest.FixtureRequest) -> Books:
    return Books(dsn, warehouse, "shown_" + re.sub("[^a-z0-9]+", "_", request.node.name)[-24:])


def test_one_that_is_set_aside_has_its_set_read(books: Books) -> None:
    """What is corrected of it need not be what the entries show."""
    books.night()
    assert books.night() == 0
    books.connection.execute(
        "insert into ops.set_aside (agreement_id, entity, source_key, field, value, reason, first_seen_at, change_seq) "
        "values (%s, 'unpaid_invoices', '2001', 'netAmount', '1e30', 'is too large', now(), 0)",
        [books.id],
    )
    assert books.night() == len(books.records("unpaid_invoices"))


def _cancelling(books: Books) -> None:
    """Neither the count nor the sum of what is unpaid moves."""
    books.settle(2001, 200.0)
    books.settle(2002, 400.0)


def _swapped(books: Books) -> None:
    """One is paid, and a payment of the same amount is taken off another: count and sum stay."""
    books.settle(2001, 0.0)
    books.settle(2003, 300.0)


def _paid_abroad(books: Books) -> None:
    books.settle(1002, 150.0)


def _paid_by_an_øre_less(books: Books) -> None:
    books.settle(2001, 0.01)


def _credit_matched(books: Books) -> None:
    books.settle(1003, 0.0)


def _renumbered(books: Books) -> None:
    """The customer has another number, on old records too."""
    for one in (*books.records("unpaid_invoices"), *books.records("invoices")):
        if one["bookedInvoiceNumber"] == 2001:
            one["customer"] = {**one["customer"], "customerNumber": 99}
    books.entry(2001)["customerNumber"] = 99


def _due_later(books: Books) -> None:
    for one in (*books.records("unpaid_invoices"), *books.records("invoices")):
        if one["bookedInvoiceNumber"] == 2001:
            one["dueDate"] = "2026-06-01"
    books.entry(2001)["dueDate"] = "2026-06-01T00:00:00"


@pytest.mark.parametrize(
    "change",
    [_cancelling, _swapped, _paid_abroad, _paid_by_an_øre_less, _credit_matched, _renumbered],
)
def test_what_the_totals_hide_the_entries_show(
    books: Books, change: Callable[[Books], None]
) -> None:
    books.night()
    assert books.night() == 0
    change(books)
    assert books.night() == len(books.records("unpaid_invoices"))
    books.assert_as_at_the_vendor()
    assert books.night() == 0


def test_what_stands_still_is_not_read_and_says_so(books: Books) -> None:
    assert books.night() == 4
    assert books.night() == 0
    books.assert_as_at_the_vendor()
    row = books.connection.execute(
        "select status, requests, note from ops.sync_run where subject_id = %s "
        "and entity = 'unpaid_invoices' and run_id = 'night 2'",
        [books.id],
    ).fetchone()
    assert row is not None
    assert row[:2] == ("success", 0)
    assert row[2].startswith("not read: entries show every record as it is here")


def test_a_due_date_that_moves_is_read(books: Books) -> None:
    books.night()
    _due_later(books)
    assert books.night() == 4
    assert books.night() == 0


def test_what_no_entry_shows_moves_the_totals(books: Books) -> None:
    books.night()
    books.settle(2001, 250.0, is_in_ledger=False)
    totals = next(
        one for one in books.records("invoice_totals") if one["totalsOf"] == "booked/unpaid"
    )
    totals["grossRemainderInBaseCurrency"] -= 50.0
    assert books.night() == 4
    books.assert_as_at_the_vendor()
    # Ledger and invoices do not agree: nothing shows what is open but the list itself.
    assert books.night() == 4


def _no_number(entry: dict[str, Any]) -> None:
    del entry["customerInvoiceNumber"]


def _another_number(entry: dict[str, Any]) -> None:
    entry["customerInvoiceNumber"] = 1001


def _in_base_currency(entry: dict[str, Any]) -> None:
    """As if the vendor wrote remainders of entries in another currency than those of invoices."""
    entry["remainder"] = entry["remainder"] * 7.46


def _another_kind(entry: dict[str, Any]) -> None:
    entry["type"] = 10


@pytest.mark.parametrize("odd", [_no_number, _another_number, _in_base_currency, _another_kind])
def test_books_whose_entries_do_not_show_the_invoices_are_read_every_night(
    books: Books, odd: Callable[[dict[str, Any]], None]
) -> None:
    odd(books.entry(2001))
    for _ in range(3):
        assert books.night() == 4
    books.settle(2002, 299.0)
    assert books.night() == 4
    books.assert_as_at_the_vendor()


def test_an_invoice_in_two_entries_is_shown_by_neither(books: Books) -> None:
    books.records("entries").append({**books.entry(2001), "entryNumber": 9_100})
    for _ in range(2):
        assert books.night() == 4


def test_an_invoice_without_an_entry_is_read_every_night(books: Books) -> None:
    books.records("entries").remove(books.entry(2001))
    for _ in range(2):
        assert books.night() == 4


@pytest.mark.parametrize("missing", ["entries", "invoice_totals"])
def test_it_is_read_where_a_witness_has_not_been_heard_tonight(books: Books, missing: str) -> None:
    books.night()
    assert books.night(*(name for name in ALL if name != missing)) == 4
    if missing == "invoice_totals":  # nobody knows what they were when the list was read
        assert books.night() == 4
    assert books.night() == 0


def test_it_is_read_when_everything_is(books: Books) -> None:
    books.night()
    assert books.night() == 0
    assert books.night(run_request=RunRequest("full")) == 4
    assert books.night() == 0
    assert books.night(now=datetime.now(UTC) + timedelta(days=8)) == 4
