"""Expenses are kept: the same again is the same, what was not exported is revised, and what was is not changed by mistake."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec
import psycopg
import pytest

from saldo.errors import Busy
from saldo.exports.accounting import intake
from saldo.exports.accounting.intake import ExpenseConflict, lock_expense, store_expense
from saldo.exports.accounting.kept import UnknownExpense, load_expense
from saldo.exports.accounting.payloads import Difference
from saldo.warehouse.connection import Connection, connect
from tests.exports.claims import PDF, claim, expense, line, receipt


@pytest.fixture(autouse=True)
def _empty(warehouse: Connection) -> Iterator[None]:
    yield
    warehouse.execute("truncate ops.expense, ops.export_job cascade")


def store(warehouse: Connection, **more: Any) -> tuple[int, str]:
    return astuple(store_expense(warehouse, expense(**more), actor="ann", source="rest"))


def refused(warehouse: Connection, **more: Any) -> ExpenseConflict:
    with pytest.raises(ExpenseConflict) as caught:
        store(warehouse, **more)
    return caught.value


def exported(
    warehouse: Connection, revision: int = 1, status: str = "posted", attempts: int = 0
) -> None:
    warehouse.execute(
        "insert into ops.export_job (export_id, organisation, target, kind, source_id, revision, payload, payload_hash, "
        "idempotency_key, status, attempts, created_by, created_at, updated_at) values (gen_random_uuid(), 'hlf', 'xledger', "
        "'expense', 'EXP-2026-0001', %s, '{}', '', gen_random_uuid()::text, %s, %s, 'x', now(), now())",
        [revision, status, attempts],
    )


def jobs(warehouse: Connection) -> list[tuple[Any, ...]]:
    return warehouse.execute(
        "select revision, status, last_error from ops.export_job order by revision"
    ).fetchall()


def revisions(warehouse: Connection) -> list[int]:
    rows = warehouse.execute("select revision from ops.expense order by 1").fetchall()
    return [revision for (revision,) in rows]


# --- kept ----------------------------------------------------------------------------------------


def test_an_expense_is_kept_to_the_last_digit_and_is_read_again_as_it_was(
    warehouse: Connection,
) -> None:
    sent = {"lines": [line(7, quantity="12.5", rate="3.5", amount="43.7501"), line(3)]}
    assert store(warehouse, **sent) == (1, "created")
    found = warehouse.execute(
        "select kind, status, approved_at::text, employee, supplier, description, date::text, currency, source, received_by "
        "from ops.expense"
    ).fetchall()
    assert found == [
        ("expense", "approved", "2026-03-03 09:00:00+00", "E12", None, "Course in Oslo", "2026-03-02", "NOK", "rest", "ann")
    ]  # fmt: skip
    lines = warehouse.execute(
        "select line, category, quantity, rate, amount, vat_code, vat_amount, dimensions from ops.expense_line order by line"
    ).fetchall()
    dimensions = {"department": "10", "project": "P1"}
    assert lines == [
        (3, "travel", 1, None, Decimal(125), "25", Decimal(25), dimensions),
        (7, "travel", Decimal("12.5"), Decimal("3.5"), Decimal("43.7501"), "25", Decimal(25), dimensions),
    ]  # fmt: skip
    files = warehouse.execute(
        "select line, receipt, name, content_type, sha256, content from ops.expense_receipt order by line"
    ).fetchall()
    kept = (1, "ticket.pdf", "application/pdf", sha256(PDF).hexdigest(), PDF)
    assert files == [(3, *kept), (7, *kept)]
    again = load_expense(warehouse, "hlf", "EXP-2026-0001")
    meant = expense(revision=1, lines=[sent["lines"][1], sent["lines"][0]])
    assert again == meant


def test_a_fee_without_lines_of_its_own_kind_is_kept_too(warehouse: Connection) -> None:
    fee = {
        "kind": "honorarium",
        "employee": None,
        "supplier": "D7",
        "status": "draft",
        "approved_at": None,
    }
    assert store(warehouse, **fee) == (1, "created")
    assert load_expense(warehouse, "hlf", "EXP-2026-0001").supplier == "D7"
    with pytest.raises(UnknownExpense, match="no revision 2 of expense 'EXP-2026-0001'"):
        load_expense(warehouse, "hlf", "EXP-2026-0001", 2)


# --- again ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"approved_at": "2026-03-03T10:00:00+01:00"},
        {"lines": list(reversed(claim()["lines"]))},
        {"lines": [line(amount="125", vat_amount="25.0000", quantity=None), claim()["lines"][1]]},
        {"revision": 1},
        {"revision": 9},
    ],
)
def test_the_same_again_is_the_same_whatever_became_of_it(
    warehouse: Connection, more: dict[str, Any]
) -> None:
    assert store(warehouse) == (1, "created")
    exported(warehouse)
    assert store(warehouse, **more) == (1, "same")
    assert revisions(warehouse) == [1]
    assert jobs(warehouse) == [(1, "posted", None)]


def test_a_change_before_the_export_is_the_next_revision_and_takes_its_place(
    warehouse: Connection,
) -> None:
    store(warehouse)
    exported(warehouse, status="pending")
    exported(warehouse, status="cancelled")
    assert store(warehouse, description="Course in Bergen") == (2, "revised")
    assert load_expense(warehouse, "hlf", "EXP-2026-0001").description == "Course in Bergen"
    assert load_expense(warehouse, "hlf", "EXP-2026-0001", 1).description == "Course in Oslo"
    assert sorted(jobs(warehouse), key=str) == [
        (1, "cancelled", "revision 2 took its place"),
        (1, "cancelled", None),
    ]
    # Back as it was is a change, too.
    assert store(warehouse) == (3, "revised")


@pytest.mark.parametrize(
    ("status", "attempts", "may_be_there"),
    [
        ("sending", 0, False), ("created", 0, False), ("posted", 0, False), ("failed", 1, True), ("review", 1, True), ("unknown", 0, False),
        ("pending", 1, False),
    ],
)  # fmt: skip
def test_what_may_have_reached_the_target_is_not_changed_without_a_new_revision(
    warehouse: Connection, status: str, attempts: int, may_be_there: bool
) -> None:
    store(warehouse)
    exported(warehouse, status=status, attempts=attempts)
    warehouse.execute("update ops.export_job set may_be_there = %s", [may_be_there])
    changed = {
        "currency": "SEK",
        "lines": [line(amount="130", receipts=[receipt(PDF + b"!")]), line(3)],
    }
    for more in ({}, {"revision": 1}):
        error = refused(warehouse, **changed, **more)
        assert (error.revision, error.next, error.family) == (1, 2, "DataRejected")
        assert "send it with `revision` 2 or higher" in str(error)
    assert revisions(warehouse) == [1]
    found = {one.path: one for one in error.differences}
    assert list(found) == [
        "currency", "lines[line=1].amount", "lines[line=1].receipts", "lines[line=2]", "lines[line=3]",
    ]  # fmt: skip
    assert found["lines[line=1].amount"] == Difference("lines[line=1].amount", "125.00", "130.00")
    assert found["lines[line=2]"].stored["text"] == "Bus"
    assert found["lines[line=2]"].sent is None
    assert store(warehouse, **changed, revision=2) == (2, "revised")
    assert jobs(warehouse) == [(1, status, None)]


@pytest.mark.parametrize(
    ("status", "attempts", "becomes"),
    [("review", 0, "cancelled"), ("review", 1, "review"), ("failed", 1, "failed")],
)
def test_what_certainly_is_not_at_the_target_is_corrected_without_a_number(
    warehouse: Connection, status: str, attempts: int, becomes: str
) -> None:
    """A category that was wrong is put right and sent again; what was tried is cancelled once the target was asked."""
    store(warehouse)
    exported(warehouse, status=status, attempts=attempts)
    assert store(warehouse, description="Course in Bergen") == (2, "revised")
    assert [job[:2] for job in jobs(warehouse)] == [(1, becomes)]


def test_a_change_of_what_was_exported_needs_its_number_also_after_another_change(
    warehouse: Connection,
) -> None:
    store(warehouse)
    exported(warehouse, status="posted")
    assert store(warehouse, description="Course in Bergen", revision=2) == (2, "revised")
    assert refused(warehouse, description="Course in Bodø").next == 3


def test_what_was_overtaken_on_its_way_changes_nothing(warehouse: Connection) -> None:
    assert store(warehouse, revision=2) == (2, "created")
    assert store(warehouse, revision=5, currency="SEK") == (5, "revised")
    assert store(warehouse, revision=2) == (2, "same")
    assert "revision 3 is older" in str(refused(warehouse, revision=3, currency="DKK"))
    # The same content under a higher number: what lies between is older.
    assert store(warehouse, revision=8, currency="SEK") == (5, "same")
    assert refused(warehouse, revision=7, currency="DKK").next == 9
    assert store(warehouse, currency="DKK") == (9, "revised")
    assert revisions(warehouse) == [2, 5, 9]


# --- at once, and not at all ---------------------------------------------------------------------


def test_those_who_send_at_once_take_turns(dsn: str, warehouse: Connection) -> None:
    together = threading.Barrier(8)

    def send(number: int) -> tuple[int, str]:
        with connect(dsn) as connection:
            together.wait()
            return store(connection, description=f"Course {number % 2}")

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(send, range(8)))
    assert [outcome for _, outcome in found].count("created") == 1
    made = [revision for revision, outcome in found if outcome != "same"]
    assert sorted(made) == revisions(warehouse) == list(range(1, len(made) + 1))


def test_an_export_that_begins_meanwhile_is_waited_for(dsn: str, warehouse: Connection) -> None:
    store(warehouse)
    exported(warehouse, status="pending")

    def send() -> ExpenseConflict:
        with connect(dsn) as connection:
            return refused(connection, currency="SEK")

    with ThreadPoolExecutor(1) as pool, connect(dsn) as exporter:
        with exporter.transaction():
            exporter.execute("update ops.export_job set status = 'sending'")
            sending = pool.submit(send)
            while not waiting(warehouse):
                assert not sending.done()
        assert sending.result().next == 2
    assert jobs(warehouse) == [(1, "sending", None)]


def waiting(warehouse: Connection) -> bool:
    """Whether anybody waits for a lock."""
    row = warehouse.execute(
        "select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    ).fetchone()
    return bool(row and row[0])


def test_who_waits_too_long_is_told(
    dsn: str, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "WAIT_S", 0.2)
    with connect(dsn) as other, other.transaction():
        lock_expense(other, "hlf", "EXP-2026-0001")
        with pytest.raises(Busy, match=r"expense 'EXP-2026-0001'.*send it again"):
            store(warehouse)
        assert store(warehouse, id="EXP-2") == (1, "created")
    assert store(warehouse) == (1, "created")


def test_nothing_is_stored_by_halves(warehouse: Connection) -> None:
    """The receipt is the last that is written."""
    wrong = expense()
    lines = (wrong.lines[0], *wrong.lines)
    with pytest.raises(psycopg.errors.UniqueViolation):
        store_expense(
            warehouse, msgspec.structs.replace(wrong, lines=lines), actor="ann", source="sql"
        )
    for table in ("expense", "expense_line", "expense_receipt"):
        assert warehouse.execute(f"select count(*) from ops.{table}".encode()).fetchone() == (0,)
