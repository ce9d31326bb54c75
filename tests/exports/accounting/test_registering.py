"""Exports are asked for once, of what holds, and the register is read page by page."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from uuid import uuid4

import pytest

from saldo.exports.accounting.expense import parse_expense
from saldo.exports.accounting.jobs import UnknownExport, attempts_of, job_of, jobs_of
from saldo.exports.accounting.kept import UnknownExpense
from saldo.exports.accounting.mapping import map_to_accounting_schema
from saldo.exports.accounting.register.documents import kept, restored
from saldo.exports.accounting.registering import (
    NotApproved,
    NotExported,
    NotNewest,
    register,
    register_approved,
)
from saldo.warehouse.connection import Connection, connect

from .examples import GOLDEN, configurations, line
from .register import FJELL, acts, all_jobs, clear, put, registered, stored


@pytest.fixture(autouse=True)
def _empty(warehouse: Connection) -> Iterator[None]:
    yield
    clear(warehouse)


def test_the_same_again_is_the_same_export(warehouse: Connection) -> None:
    stored(warehouse, lines=[line(), line(2, amount="40.5000", vat_code=None, vat_amount=None)])
    job = register(warehouse, FJELL, "EXP-2026-0001", actor="ann")
    assert (job.status, job.revision, job.target, job.kind) == (
        "pending",
        1,
        "business_central",
        "expense",
    )
    assert (job.total, job.currency, job.document, job.attempts) == (
        Decimal("165.5"),
        "NOK",
        None,
        0,
    )
    assert not job.may_be_there
    assert register(warehouse, FJELL, "EXP-2026-0001", actor="bo", revision=1) == job
    assert job_of(warehouse, job.export_id) == job
    assert attempts_of(warehouse, job.export_id) == []
    assert acts(warehouse) == [("accounting export asked for", "ann", "fjell")]


def test_what_is_not_there_not_approved_or_not_exported_is_refused(warehouse: Connection) -> None:
    with pytest.raises(UnknownExpense, match="there is no expense 'EXP-2026-0001' of 'fjell'"):
        register(warehouse, FJELL, "EXP-2026-0001", actor="ann")
    stored(warehouse, status="submitted", approved_at=None)
    with pytest.raises(NotApproved, match="is submitted; only what is approved is exported"):
        register(warehouse, FJELL, "EXP-2026-0001", actor="ann")
    stored(warehouse, id="fee", kind="honorarium", employee=None, supplier="S1")
    with pytest.raises(NotExported, match=r"write mapping\.payable\.honorarium in fjell"):
        register(warehouse, FJELL, "fee", actor="ann")
    with pytest.raises(UnknownExport, match="there is no export"):
        job_of(warehouse, uuid4())
    assert register_approved(warehouse, FJELL, actor="schedule") == 0
    assert all_jobs(warehouse) == []


def test_a_new_revision_takes_the_place_of_one_that_nobody_began(warehouse: Connection) -> None:
    registered(warehouse)
    second = registered(warehouse, description="Another course")
    assert [(job.revision, job.status) for job in all_jobs(warehouse)] == [
        (1, "cancelled"),
        (2, "pending"),
    ]
    assert second.differences is None
    # The first is found by whoever means it, and not made again.
    assert (
        register(warehouse, FJELL, "EXP-2026-0001", actor="ann", revision=1).status == "cancelled"
    )
    with pytest.raises(NotNewest, match="revision 7 does not hold, 2 does"):
        register(warehouse, FJELL, "EXP-2026-0001", actor="ann", revision=7)


@pytest.mark.parametrize("status", ["sending", "created", "posted", "failed", "review", "unknown"])
def test_a_claim_that_was_changed_after_its_export_is_for_a_person(
    warehouse: Connection, status: str
) -> None:
    first = registered(warehouse)
    put(warehouse, first, status=status, attempts=1, may_be_there=True)
    stored(warehouse, revision=2, lines=[line(amount="250.00", vat_amount="50.00")])
    assert register_approved(warehouse, FJELL, actor="schedule") == 1
    second = all_jobs(warehouse)[1]
    assert (second.status, second.last_error_family) == ("review", "ExpenseChanged")
    assert second.last_error is not None
    assert second.last_error.startswith(f"revision 1 of it is {status}, and this one is another")
    assert second.differences == [
        {"path": "lines[line=1].amount", "stored": "125.00", "sent": "250.00"},
        {"path": "lines[line=1].vat_amount", "stored": "25.00", "sent": "50.00"},
    ]
    assert register(warehouse, FJELL, "EXP-2026-0001", actor="ann") == second


def test_all_that_is_approved_is_collected_once(warehouse: Connection) -> None:
    for id in ("a", "b", "c"):
        stored(warehouse, id=id)
    stored(warehouse, id="d", status="draft", approved_at=None)
    put(warehouse, register(warehouse, FJELL, "c", actor="ann"), status="cancelled")
    assert register_approved(warehouse, FJELL, actor="schedule") == 2
    assert register_approved(warehouse, FJELL, actor="schedule") == 0
    found = {job.source_id: (job.status, job.created_by) for job in all_jobs(warehouse)}
    assert found == {
        "a": ("pending", "schedule"),
        "b": ("pending", "schedule"),
        "c": ("cancelled", "ann"),
    }
    # Who asks for what was cancelled gets it; it is the same row, so the same number at the target.
    number = {job.source_id: job.sequence_number for job in all_jobs(warehouse)}
    again = register(warehouse, FJELL, "c", actor="bo")
    assert (again.status, again.sequence_number) == ("pending", number["c"])


def test_an_expense_that_is_being_stored_waits_for_the_next_time(
    dsn: str, warehouse: Connection
) -> None:
    stored(warehouse, id="a")
    stored(warehouse, id="b")
    with connect(dsn) as other, other.transaction():
        stored(other, id="a", description="Another")
        assert register_approved(warehouse, FJELL, actor="schedule") == 1
    assert register_approved(warehouse, FJELL, actor="schedule") == 1
    assert sorted((job.source_id, job.revision) for job in all_jobs(warehouse)) == [
        ("a", 2),
        ("b", 1),
    ]


def test_what_an_earlier_target_never_got_goes_to_the_new_one(warehouse: Connection) -> None:
    never, sent = registered(warehouse, id="a"), registered(warehouse, id="b")
    put(warehouse, never, target="xledger")
    put(warehouse, sent, target="xledger", may_be_there=True, status="failed")
    register_approved(warehouse, FJELL, actor="schedule")
    found = {job.source_id: job.target for job in all_jobs(warehouse)}
    assert found == {"a": "business_central", "b": "xledger"}


def test_the_register_is_read_page_by_page(warehouse: Connection) -> None:
    made = [registered(warehouse, id=f"e{n}") for n in range(5)]
    put(warehouse, made[0], status="review")
    put(warehouse, made[1], organisation="other")
    first = jobs_of(warehouse, organisations=["fjell"], limit=3)
    last = first[-1]
    rest = jobs_of(
        warehouse, organisations=["fjell"], limit=3, after=(last.created_at, last.export_id)
    )
    assert [job.source_id for job in first + rest] == ["e4", "e3", "e2", "e0"]
    assert [job.source_id for job in jobs_of(warehouse, organisations=["other", "fjell"])][
        3
    ] == "e1"
    for by, found in (
        ({"status": ["review", "failed"]}, ["e0"]),
        ({"source_id": "e2"}, ["e2"]),
        ({"kind": "honorarium"}, []),
        ({"target": "xledger"}, []),
        ({"created_from": made[3].created_at}, ["e4", "e3"]),
        ({"created_to": made[3].created_at}, ["e2", "e0"]),
    ):
        assert [
            job.source_id for job in jobs_of(warehouse, organisations=["fjell"], **by)
        ] == found, by  # type: ignore[arg-type]
    assert jobs_of(warehouse, organisations=[]) == []


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_document_is_read_again_to_the_byte(warehouse: Connection, name: str) -> None:
    expense = parse_expense(GOLDEN[name])
    configuration = configurations()[expense.organisation]
    document = map_to_accounting_schema(expense, configuration.target, configuration)
    row = warehouse.execute("select %s::jsonb", [_json(kept(document))]).fetchone()
    assert row is not None
    found = restored(row[0])
    assert found is not None
    assert found.body == document.body
    assert (found.entries, found.total, found.receipts) == (
        document.entries,
        document.total,
        document.receipts,
    )
    assert kept(found) == kept(document)
    assert restored({}) is None


def _json(value: object) -> object:
    from psycopg.types.json import Jsonb

    return Jsonb(value)
