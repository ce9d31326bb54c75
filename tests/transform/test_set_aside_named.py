"""What is odd about a record is told as the vendor has it: the field, the line, and the value there."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import pytest

from saldo.transform.naming import EACH, missing, path_of, shown
from saldo.warehouse.connection import Connection
from tests.moneybird_books import Record, detail, golden, mutation, payment, purchase
from tests.support import random_text
from tests.transform.test_set_aside_whole import aside

_LONG = random_text(9_000)
_HUGE = "1000000000000000.0"
_BODY = """select
    c.payload ->> 'a' as one,
    coalesce(nullif(c.payload ->> 'b', ''), nullif(c.payload ->> 'd', '')) as two,
    (c.payload -> 'customer' ->> 'number')::bigint as three,
    e.line ->> 'id' as four,
    (e.line -> 'tax' ->> 'rate')::numeric as five,
    x.six,
    e.part ->> 'id' as seven
from changed as c
cross join lateral jsonb_array_elements(
    case jsonb_typeof(c.payload -> 'details') when 'array' then c.payload -> 'details' else '[]' end
) as e (line)"""


@pytest.mark.parametrize(
    ("column", "path"),
    [
        ("one", ("a",)),
        ("two", ()),
        ("three", ("customer", "number")),
        ("four", ("details", EACH, "id")),
        ("five", ("details", EACH, "tax", "rate")),
        ("six", ()),
        ("seven", ()),
    ],
)
def test_the_vendors_field_of_a_column_is_found(column: str, path: tuple[Any, ...]) -> None:
    assert path_of(_BODY, column) == path


def test_an_element_is_told_by_its_id_or_its_place() -> None:
    payload = {"details": [{"id": "7", "price": 1}, {"price": None}], "tags": [["x"]]}
    assert shown(payload, ("details", 0, "price")) == "details[id 7].price"
    assert shown(payload, ("tags", 0, 0)) == "tags[no. 1][no. 1]"
    for path in (("details", EACH, "price"), ("details", EACH, "id")):
        assert missing(payload, path) == ("details", 1, path[-1])
        assert shown(payload, missing(payload, path)) == f"details[no. 2].{path[-1]}"
    assert shown(payload, missing(payload, ("tags", EACH))) == "tags[]"


def _line(**odd: Any) -> Record:
    lines = [detail(f"P8{n}", "a4500", "1.0", row_order=n) for n in range(9)]
    lines[6] |= odd
    return {"details": lines}


def _payments(**odd: Any) -> Record:
    return {
        "payments": [payment("Y8", "1.0", "2026-03-01"), payment("Y9", "1.0", "2026-03-01") | odd]
    }


def _bookings(**odd: Any) -> Record:
    booking = {"id": "K8", "ledger_account_id": "a4600", "price": "1.0", "description": "100% sure"}
    return {"ledger_account_bookings": [booking, {**booking, "id": "K9"} | odd]}


_PURCHASE, _BANK = "purchase_invoices", "financial_mutations"


@pytest.mark.parametrize(
    ("entity", "odd", "told"),
    [
        (_PURCHASE, _line(row_order=3_000_000_000),
         ("details[id P86].row_order", "3000000000", "is too large for integer")),
        (_PURCHASE, _line(price="a lot"), ("details[id P86].price", "a lot", "is no numeric")),
        (_PURCHASE, _line(id=None), ("details[no. 7].id", "", "is missing")),
        (_PURCHASE, _line(id=_LONG), ("details[no. 7].id", _LONG[:1000], "is too long for a key")),
        (_PURCHASE, _line(id=_LONG[:4_000], description=_LONG),
         ("details[no. 7].id", _LONG[:1000], "is too long for a key")),
        (_PURCHASE, _payments(payment_date=""), ("payments[id Y9].payment_date", "", "is no date")),
        (_PURCHASE, _payments(payment_date=None), ("payments[id Y9].payment_date", "", "is missing")),
        (_PURCHASE, _payments(payment_date="2026-02-30"),
         ("payments[id Y9].payment_date", "2026-02-30", "is no date")),
        (_PURCHASE, {"fiscal_allocations": [{"id": "F1", "price": _HUGE}]},
         ("fiscal_allocations[id F1].price", _HUGE, "is too large for numeric(19,4)")),
        (_PURCHASE, {"attachments": [{"id": "F1", "size": 10**20}]},
         ("attachments[id F1].size", str(10**20), "is too large for bigint")),
        (_PURCHASE, {"created_at": "yesterday 100%"},
         ("created_at", "yesterday 100%", "is no timestamp with time zone")),
        (_BANK, _bookings(price=_HUGE),
         ("ledger_account_bookings[id K9].price", _HUGE, "is too large for numeric(19,4)")),
        (_BANK, _bookings(ledger_account_id=None), ("ledger_account_bookings[id K9].ledger_account_id", "", "is missing")),
        (_BANK, _bookings(price=None), ("ledger_account_bookings[id K9].price", "", "is missing")),
    ],
)  # fmt: skip
def test_a_value_in_a_list_is_told_with_its_line(
    warehouse: Connection, entity: str, odd: Record, told: tuple[str, ...]
) -> None:
    books = golden(warehouse, f"named{crc32(repr(odd).encode())}")
    made = (
        purchase("P8", "2026-03-01", "9.0", "9.0", [detail("P8a", "a4500", "9.0")])
        if entity == _PURCHASE
        else mutation("P8", "2026-03-01", "1.0")
    )
    books.add(entity, made | odd)
    books.land(entity)
    assert aside(books) == [(entity, "P8", *told)]


def test_of_several_odd_fields_one_is_told(warehouse: Connection) -> None:
    books = golden(warehouse, "namedtwo")
    made = purchase(
        "P8", "2026-03-01", "9.0", "9.0", [detail("P8a", "a4500", "9.0", row_order=10**10)]
    )
    books.add(
        "purchase_invoices", made | {"created_at": "x", "updated_at": "y"} | _payments(price=_HUGE)
    )
    books.land(_PURCHASE)
    [(_, key, field, value, reason)] = aside(books)
    assert key == "P8"
    assert (field, value) in {("created_at", "x"), ("updated_at", "y")}
    assert reason == "is no timestamp with time zone"
