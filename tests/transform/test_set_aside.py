"""Records and numbers that cannot be stored are set aside by name, and everything else goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
import pytest

from saldo.alerts import deliver, judge_set_aside, subject_of, tell
from saldo.declarations.entity import Entity
from saldo.declarations.source import Page, Request
from saldo.errors import BadResponse, Unavailable
from saldo.run_request import RunRequest
from saldo.staging.records import Decoder
from saldo.staging.table import Staging
from saldo.subject import Alerts, by_key
from saldo.transform import set_aside
from saldo.transform.facts import refresh
from saldo.vendors import SOURCES
from saldo.warehouse.connection import Connection
from tests.conftest import free_port
from tests.mail import MailServer, Received
from tests.recorded import Recorded, key_of
from tests.support import ENTITIES, FIXTURES, IS_WHOLE_SUITE, agreement, land, random_text
from tests.transform.odd_fields import is_told


class Books:
    """Recorded books, landed night by night as an agreement of their own."""

    _count = 0

    def __init__(self, connection: Connection, dsn: str) -> None:
        Books._count += 1
        self.connection, self._dsn = connection, dsn
        self.source = Recorded.golden()
        self.agreement = agreement(
            f"aside{Books._count}", name="Aside ApS", alerts=Alerts(to=("a@example.com",))
        )

    def record(self, entity: str, **key: Any) -> dict[str, Any]:
        [found] = [r for r in self.source.records[entity] if key.items() <= r.items()]
        return found  # type: ignore[no-any-return]

    def night(self, *entities: str, run_request: RunRequest | None = None) -> None:
        for entity in entities or ENTITIES:
            land(
                self.connection,
                self._dsn,
                self.source,
                self.agreement,
                entity,
                run_request=run_request,
            )
        refresh(self.connection, self.agreement, run_request or RunRequest())

    def aside(self) -> list[tuple[Any, ...]]:
        return self.connection.execute(
            "select entity, source_key, field, value, reason from ops.set_aside where agreement_id = %s order by 1, 2",
            [self.agreement.id],
        ).fetchall()

    def count(self, query: str) -> Any:
        row = self.connection.execute(
            f"{query} where agreement_id = %s".encode(), [self.agreement.id]
        ).fetchone()
        return row and row[0]

    def note(self, entity: str) -> str:
        row = self.connection.execute(
            "select note from ops.sync_run where agreement_id = %s and entity = %s order by sync_run_id desc limit 1",
            [self.agreement.id, entity],
        ).fetchone()
        return str(row and row[0])


@pytest.fixture
def books(warehouse: Connection, dsn: str) -> Books:
    return Books(warehouse, dsn)


# --- core ----------------------------------------------------------------------------------------


def test_one_entry_too_large_stops_no_other_and_comes_back_when_it_is_corrected(
    books: Books,
) -> None:
    books.record("entries", entryNumber=19)["amount"] = 1e30
    books.night()
    [(entity, key, field, value, reason)] = books.aside()
    assert (entity, key, field, reason) == (
        "entries",
        "19",
        "amount",
        "is too large for numeric(19,4)",
    )
    assert float(value) == 1e30
    assert books.count("select count(*) from core.ledger_entry") == 33
    assert books.count("select count(*) from mart.fact_journal_entries") == 33
    assert "1 set aside, since core cannot hold them: 19: amount" in books.note("entries")
    books.night(run_request=RunRequest("full"))  # it is tried again, and is as it was
    assert len(books.aside()) == 1
    books.record("entries", entryNumber=19)["amount"] = 400.0
    books.night()  # a plain one, as the mail says
    assert books.aside() == []
    assert books.count("select count(*) from mart.fact_journal_entries") == 34


def test_the_past_of_what_cannot_be_stored_is_told_by_name(books: Books) -> None:
    def ask(past: str, moment: datetime) -> int:
        row = books.connection.execute(
            f"select count(*) from mart.{past}(%s::timestamp, %s)".encode(),
            [moment.replace(tzinfo=None), books.agreement.id],
        ).fetchone()
        return row[0] if row else 0

    books.night()
    before = datetime.now(UTC)
    books.record("entries", entryNumber=19)["amount"] = 1e30
    books.night(run_request=RunRequest("full"))
    odd = datetime.now(UTC)
    told = rf"^agreement {books.agreement.id}: a record of then .*overflow.*set_aside names it$"
    for past, moment in (("journal_entries_as_of", odd), ("journal_entries_changed_since", before)):
        with pytest.raises(psycopg.errors.DataException) as refused:
            ask(past, moment)
        assert re.match(told, str(refused.value.diag.message_primary))
        assert "asked for by their id" in str(refused.value.diag.message_hint)
    assert ask("journal_entries_as_of", before) == 34
    books.record("entries", entryNumber=19)["amount"] = 400.0
    books.night(run_request=RunRequest("full"))
    assert ask("journal_entries_as_of", datetime.now(UTC)) == 34


def test_several_are_found_among_many(books: Books) -> None:
    for number in (1, 17, 34):
        books.record("entries", entryNumber=number)["amountInBaseCurrency"] = (
            10.0**number * 10.0**15
        )
    books.night("self", "entries")
    assert [row[1] for row in books.aside()] == ["1", "17", "34"]
    assert {row[2] for row in books.aside()} == {"amountInBaseCurrency"}
    assert books.count("select count(*) from core.ledger_entry") == 31


def test_what_is_deleted_at_the_vendor_is_deleted_whatever_its_values(books: Books) -> None:
    books.night()
    books.record("draft_entries", entryNumber=502)["amount"] = 1e30
    books.night()
    assert [row[:2] for row in books.aside()] == [("draft_entries", "502")]
    shown = "select count(*) from mart.fact_draft_entries"
    before = books.count(shown)  # as it was before
    books.source.records["draft_entries"] = [
        r for r in books.source.records["draft_entries"] if r["entryNumber"] != 502
    ]
    books.night()
    assert books.aside() == []
    assert books.count(shown) == before - 1


def test_too_many_are_no_odd_records(books: Books) -> None:
    [first, *_] = books.source.records["entries"]
    books.source.records["entries"] = [
        {**first, "entryNumber": n, "amount": 1e30} for n in range(1, 130)
    ]
    with pytest.raises(
        BadResponse, match=r"more than 100 records cannot be stored in core\.ledger_entry"
    ):
        books.night("self", "entries")


def test_what_is_set_aside_already_says_nothing_against_the_declaration(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few a night, and all of them at once when everything is written again."""
    monkeypatch.setattr("saldo.transform.sieve.MOST", 4)
    [first, *_] = books.source.records["entries"]

    def odd(*numbers: int) -> None:
        books.source.records["entries"] += [
            {**first, "entryNumber": number, "amount": 1e30} for number in numbers
        ]

    for numbers in ((901, 902, 903), (911, 912, 913)):
        odd(*numbers)
        books.night("self", "entries")
    books.night("self", "entries", run_request=RunRequest("full"))
    assert len(books.aside()) == 6
    odd(921, 922, 923, 924)
    books.night("self", "entries", run_request=RunRequest("full"))
    assert len(books.aside()) == 10
    odd(*range(931, 936))
    with pytest.raises(BadResponse, match="more than 4 records cannot be stored"):
        books.night("self", "entries")


def test_an_order_whose_link_names_no_list_is_named(books: Books) -> None:
    books.record("orders", orderNumber=3)["self"] = "https://restapi.e-conomic.com/orders/3"
    books.night()
    [(entity, key, _, _, reason)] = books.aside()
    assert (entity, key, reason) == ("orders", "3", "is missing")


# --- the mart ------------------------------------------------------------------------------------


def test_a_number_computed_too_large_is_left_empty_and_the_ledger_does_not_wait(
    books: Books,
) -> None:
    books.night()
    books.record("order_lines", number=31).update(quantity=5701234567890.0, unitCostPrice=499.95)
    books.record("orders", orderNumber=3)["lastUpdated"] = "2026-11-01T00:00:00Z"
    [entry] = [e for e in books.source.records["entries"] if e["entryNumber"] == 34]
    books.source.records["entries"] += [
        {**entry, "entryNumber": 900 + place, "amount": amount, "amountInBaseCurrency": amount}
        for place, amount in enumerate((100.0, -100.0))
    ]
    books.night()
    assert books.count("select count(*) from mart.fact_journal_entries") == 36
    [(entity, key, field, value, reason)] = books.aside()
    assert (entity, field, reason) == (
        "mart.fact_order_lines",
        "cost_base, margin_base",  # all of the row that is left empty
        "is too large for numeric(19,4)",
    )
    assert key == "order|3 (order|800003|31)"
    cost, margin = map(Decimal, value.split(", "))
    assert cost > 10**15
    assert margin < -(10**15)
    line = books.connection.execute(
        "select cost_base, quantity from mart.fact_order_lines where agreement_id = %s and order_number = '3' "
        "and quantity > 1000000",
        [books.agreement.id],
    ).fetchall()
    assert line == [(None, Decimal(5701234567890))]
    books.record("order_lines", number=31).update(quantity=5.0)
    books.record("orders", orderNumber=3)["lastUpdated"] = "2026-11-02T00:00:00Z"
    books.night()
    assert books.aside() == []


def test_a_text_that_fits_no_index_of_the_mart_is_left_empty(books: Books) -> None:
    """Of a reference core keeps any text; a report that finds rows by it cannot."""
    long = random_text(9_000)
    books.record("order_lines", number=31).update(productNumber=long)
    books.night()
    [(entity, key, field, value, reason)] = books.aside()
    assert (entity, key, field) == (
        "mart.fact_order_lines",
        "order|3 (order|800003|31)",
        "product_number",
    )
    assert (value, reason) == (long[:1000], "is too long for a key")
    assert books.count("select count(product_number) from mart.fact_order_lines") > 0
    books.record("order_lines", number=31).update(productNumber="0005")
    books.night(run_request=RunRequest("full"))
    assert books.aside() == []


def test_a_period_whose_name_fits_no_key_stops_no_facts(books: Books) -> None:
    """What past reports are asked by is kept by the names of closed periods."""
    [period, *_] = books.source.records["periods"]
    period.update(year=random_text(9_000), isClosed=True)
    books.night()
    assert books.count("select count(*) from mart.fact_journal_entries") == 34
    assert books.count("select max(octet_length(accounting_year)) from ops.period_closing") < 10


def test_two_rows_of_one_key_are_told_with_it(books: Books) -> None:
    """No value is wrong then, and no other night helps."""
    books.night()
    books.connection.execute(
        b"create unique index one_text on mart.fact_journal_entries (text) where text = 'the same'"
    )
    for number in (19, 20):
        books.record("entries", entryNumber=number)["text"] = "the same"
    try:
        with pytest.raises(
            BadResponse, match=r"two rows of one key \(Key \(text\)=\(the same\) already exists"
        ):
            books.night(run_request=RunRequest("full"))
    finally:
        books.connection.execute("drop index mart.one_text")


# --- people --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    found = MailServer(free_port())
    found.start()
    yield found
    found.stop()


def test_people_are_told_of_it_and_of_its_end(books: Books, server: MailServer) -> None:
    now = datetime(2026, 11, 1, 4, tzinfo=UTC)

    def mails(hours: int) -> list[Received]:
        subjects, at = by_key([subject_of(books.agreement)]), now + timedelta(hours=hours)
        judge_set_aside(books.connection, subjects, now=at)
        tell(books.connection, subjects, now=at + timedelta(minutes=40), ui_url="https://ui")
        deliver(books.connection, server.mailer, now=at + timedelta(minutes=40))
        return server.take()

    books.record("entries", entryNumber=19)["amount"] = 1e30
    books.night("self", "entries")
    [told] = mails(0)
    assert told.subject == "Saldo: Aside ApS: 1 of entries set aside"
    assert "19: amount" in told.text
    assert "Correct the value at e-conomic" in told.text
    assert mails(1) == []
    assert "the next night tries it again" in told.text
    books.record("entries", entryNumber=19)["amount"] = 400.0
    books.night("self", "entries")
    [ended] = mails(2)
    assert ended.subject == "Saldo: Aside ApS: well again"
    assert mails(3) == []


@pytest.mark.parametrize(
    ("entity", "means"),
    [
        ("core.ledger_entry", "These vouchers are in no fact, or as they were before; everything"),
        ("mart.fact_journal_entries", "left empty, or their rows are left out; everything"),
        ("entries", "Facts show these records as they were before, or not at all; everything"),
    ],
)
def test_a_mail_says_what_it_means_for_the_facts(books: Books, entity: str, means: str) -> None:
    run, id = books.connection.execute, books.agreement.id
    run(
        "insert into ops.set_aside (agreement_id, entity, source_key, field, value, reason, first_seen_at, change_seq) "
        "values (%s, %s, '1', 'amount', '1e30', 'is too large', now(), 0)",
        [id, entity],
    )
    at = datetime(2026, 11, 1, 4, tzinfo=UTC)
    judge_set_aside(books.connection, by_key([subject_of(books.agreement)]), now=at)
    [(reason,)] = run("select reason from ops.alert where subject_id = %s", [id]).fetchall()
    assert means in reason
    # Only a record has a key by which the vendor can be asked for it.
    again = "the night that sees the correction" if "." in entity else "the next night"
    assert f"Correct the value at e-conomic: {again} tries it again" in reason


# --- odd values in every field -------------------------------------------------------------------

ODD: list[Any] = [
    None, 0, -1, 1e16, -1e300, 10**15, 10**40, 0.000000000001, "", " ", random_text(9_000), "\u0000", "'; drop table x; --",
    True, [], {}, 2**63, -(2**63) - 1, "0001-01-01", "9999-12-31", "2026-02-30", "2026-01-01T25:00:00Z",
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2026-01-01T00:00:00+14:00",
]  # fmt: skip
FIELDS = [
    pytest.param(name, entity, field.encode_name, id=f"{name}-{entity.name}-{field.encode_name}")
    for name, vendor in SOURCES.items()
    for entity in vendor.entities
    for field in msgspec.structs.fields(entity.record)
    if field.type is not Any
]


class Unasked(Recorded):
    """A vendor that answers with all it has, whatever is asked for: its filters cannot compare odd values."""

    def _asked(self, entity: Entity, request: Request) -> tuple[list[Any], tuple[str, ...]]:
        return self.records.get(entity.name, []), ()

    def count(self, entity: Entity, request: Request, *, upto: int | None = None) -> int | None:
        return len(self.records.get(entity.name, []))


@pytest.mark.parametrize(("vendor", "entity", "field"), FIELDS)
def test_an_odd_value_is_named_or_stored(
    warehouse: Connection, dsn: str, vendor: str, entity: Entity, field: str
) -> None:
    """Of every declared field: what cannot be is told with record, entity and field, all others are stored. That they come
    to the mart is in test_odd_values.py."""
    records = json.loads((FIXTURES / vendor / f"{entity.name}.json").read_text())
    odd = [{**records[0], field: value} for value in ODD]
    taken = [one for one in odd if not refused_by_name(entity, field, one)]
    # Before what is rolled back: else each value would make the table again.
    Staging(warehouse, vendor, entity, "odd", "run").ensure_table()
    for place, one in enumerate(taken):
        # A third of them for each field, all in turn.
        if not IS_WHOLE_SUITE and (place + len(field)) % 3:
            continue
        of = agreement(f"odd_{place}", vendor=vendor)
        with warehouse.transaction(force_rollback=True):
            try:
                land(warehouse, dsn, Unasked({entity.name: [one, *records[1:]]}), of, entity.name)
            except (
                BadResponse,
                Unavailable,
            ) as error:  # Unavailable: 0 and -1 are no growing numbers
                told = str(error)
                assert f"entity {entity.name}" in told, one[field]
            else:
                aside = set_aside.of_entity(warehouse, of.id, entity.name)
                assert {found.source_key for found in aside} <= {key_of(entity, one)}, one[field]
                for found in aside:
                    assert found.field != field or is_told(found.value, one[field]), found


def refused_by_name(entity: Entity, field: str, record: dict[str, Any]) -> bool:
    """Whether landing refuses a record; it says which one, and which field."""
    page = Page([msgspec.Raw(json.dumps(record).encode())], None)
    try:
        Decoder(entity, "somewhere").rows(page)
    except BadResponse as error:
        told = str(error).partition(" (the answer began")[0]
        # Of a key that is a part of several, or none, as much as there is of it.
        is_key = field in {part.partition(".")[0] for part in entity.key_parts}
        named = "|".join(entity.key_parts)
        assert f"`$.{field}" in told or "has a key of" in told, told
        assert is_key or f"record {named}={key_of(entity, record)} " in told, told
        return True
    return False
