"""Expenses that are put in by SQL: by a role that may do nothing else, taken in their order, each once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

from saldo.errors import Busy
from saldo.exports.accounting import inbox as inbox_module
from saldo.exports.accounting import intake
from saldo.exports.accounting.inbox import Counts, take_all, take_inbox
from saldo.exports.accounting.intake import lock_expense
from saldo.warehouse.connection import Connection, connect
from tests.conftest import Cluster
from tests.exports.accounting.examples import configurations, expense, line
from tests.support import PROJECT

FJELL = configurations()["fjell"]


@pytest.fixture(autouse=True)
def _empty(warehouse: Connection) -> Iterator[None]:
    yield
    warehouse.execute("truncate ops.expense, ops.export_job, ops.expense_inbox cascade")


def put(warehouse: Connection, **more: Any) -> None:
    warehouse.execute(
        "insert into ops.expense_inbox (payload) values (%s)", [Jsonb(expense(**more))]
    )


def inbox(warehouse: Connection) -> list[Any]:
    return warehouse.execute(
        "select status, expense_id, revision, decided_at is not null from ops.expense_inbox order by inbox_id"
    ).fetchall()


def stored(warehouse: Connection) -> list[Any]:
    return warehouse.execute(
        "select expense_id, revision, description, source, received_by from ops.expense order by 1, 2"
    ).fetchall()


def test_the_oldest_is_taken_first_and_each_is_decided_by_itself(warehouse: Connection) -> None:
    put(warehouse)
    put(warehouse, lines=[line(amount="many"), line(amount=5)], currency="kr")
    put(warehouse, description="Course in Bergen")
    put(warehouse, organisation="havn")
    assert take_inbox(warehouse, FJELL) == Counts(taken=2, refused=1)
    id = "EXP-2026-0001"
    assert inbox(warehouse) == [
        ("taken", id, 1, True), ("refused", None, None, True), ("taken", id, 2, True), ("waiting", None, None, False),
    ]  # fmt: skip
    assert stored(warehouse) == [
        (id, 1, "Course in Oslo", "sql", "saldo"), (id, 2, "Course in Bergen", "sql", "saldo"),
    ]  # fmt: skip
    [(problems,)] = warehouse.execute(
        "select problems from ops.expense_inbox where status = 'refused'"
    ).fetchall()
    assert [one["path"] for one in problems] == [
        "currency",
        "lines[0].amount",
        "lines[1].amount",
        "lines[1].line",
    ]
    assert problems[2] == {
        "path": "lines[1].amount", "found": "5", "expected": 'a number in quotes with at most 4 decimals, like "125.00"',
        "remedy": "correct it",
    }  # fmt: skip
    assert take_inbox(warehouse, FJELL) == Counts()


def test_the_same_again_is_taken_and_a_change_after_export_is_refused(
    warehouse: Connection,
) -> None:
    put(warehouse)
    put(warehouse)
    assert take_inbox(warehouse, FJELL) == Counts(taken=2)
    warehouse.execute(
        "insert into ops.export_job (export_id, organisation, target, kind, source_id, revision, payload, payload_hash, "
        "idempotency_key, status, created_by, created_at, updated_at) values (gen_random_uuid(), 'fjell', 'business_central', "
        "'expense', 'EXP-2026-0001', 1, '{}', '', 'x', 'posted', 'x', now(), now())"
    )
    put(warehouse, description="Course in Bergen")
    put(warehouse, description="Course in Bergen", revision=2)
    assert take_inbox(warehouse, FJELL) == Counts(taken=1, refused=1)
    assert [row[:2] for row in stored(warehouse)] == [("EXP-2026-0001", 1), ("EXP-2026-0001", 2)]
    [(problem,)] = warehouse.execute(
        "select problems -> 0 ->> 'remedy' from ops.expense_inbox where status = 'refused'"
    ).fetchall()
    assert problem == "put it here again; where the change is meant, with the revision 2"


def test_a_call_takes_so_many(warehouse: Connection) -> None:
    for number in range(5):
        put(warehouse, id=f"E-{number}")
    assert take_inbox(warehouse, FJELL, at_once=2) == Counts(taken=2, waiting=3)
    assert [row[0] for row in stored(warehouse)] == ["E-0", "E-1"]
    assert take_inbox(warehouse, FJELL) == Counts(taken=3)


def test_a_run_takes_all_of_them(
    warehouse: Connection, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "AT_ONCE", 2)
    monkeypatch.setattr(intake, "WAIT_S", 0.2)
    for number in range(7):
        put(warehouse, id=f"E-{number}", kind="expenses" if number == 3 else "expense")
    with connect(dsn) as other, other.transaction():
        lock_expense(other, "fjell", "E-5")
        assert take_all(warehouse, FJELL) == Counts(taken=4, refused=1, waiting=2)
    assert take_all(warehouse, FJELL) == Counts(taken=2)


def test_one_that_is_being_stored_waits_and_none_overtakes_it(
    warehouse: Connection, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "WAIT_S", 0.2)
    put(warehouse, id="E-0")
    put(warehouse, id="E-1")
    put(warehouse, id="E-2")
    with connect(dsn) as other, other.transaction():
        lock_expense(other, "fjell", "E-1")
        assert take_inbox(warehouse, FJELL) == Counts(taken=1, waiting=2)
    assert take_inbox(warehouse, FJELL) == Counts(taken=2)


def test_two_calls_at_once_take_each_once(warehouse: Connection, dsn: str) -> None:
    for number in range(40):
        put(warehouse, id="E-1", description=f"Course {number}")
    counts: list[Counts] = []

    def take() -> None:
        with connect(dsn) as connection:
            counts.append(take_inbox(connection, FJELL, at_once=20))

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.taken for one in counts) == 40
    assert [row[2] for row in stored(warehouse)] == [f"Course {number}" for number in range(40)]


def test_a_killed_call_leaves_everything_waiting(warehouse: Connection, dsn: str) -> None:
    put(warehouse)
    with connect(dsn) as other, other.transaction():
        assert take_inbox(other, FJELL) == Counts(taken=1)
        raise psycopg.Rollback
    assert (inbox(warehouse)[0][0], stored(warehouse)) == ("waiting", [])


def test_a_role_that_may_only_insert_cannot_say_who_it_is(
    warehouse: Connection, dsn: str, cluster: Cluster
) -> None:
    with psycopg.connect(
        cluster.admin_dsn, dbname=conninfo_to_dict(dsn)["dbname"], autocommit=True
    ) as admin:
        admin.execute("create role expense_system login")
        try:
            admin.execute("grant usage on schema ops to expense_system")
            admin.execute("grant insert (payload) on ops.expense_inbox to expense_system")
            admin.execute("set session authorization expense_system")
            put(admin)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                admin.execute(
                    "insert into ops.expense_inbox (payload, inserted_by) values (%s, 'the chief')",
                    [Jsonb(expense())],
                )
        finally:
            admin.execute("reset session authorization")
            admin.execute("drop owned by expense_system")
            admin.execute("drop role expense_system")
    assert take_inbox(warehouse, FJELL) == Counts(taken=1)
    assert stored(warehouse)[0][4] == "expense_system"


@pytest.mark.parametrize("payload", [[], {}, {"organisation": 5}, {"organisation": None}], ids=str)
def test_what_names_no_organisation_is_not_put_in_at_all(
    warehouse: Connection, payload: Any
) -> None:
    with pytest.raises(psycopg.errors.IntegrityError):
        warehouse.execute("insert into ops.expense_inbox (payload) values (%s)", [Jsonb(payload)])


def test_another_call_at_work_is_waited_for(warehouse: Connection, dsn: str) -> None:
    put(warehouse)
    with connect(dsn) as other, other.transaction():
        other.execute(
            "select pg_advisory_xact_lock(hashtextextended('saldo fjell expense inbox', 0))"
        )
        with pytest.raises(Busy, match="another run has taken expenses"):
            take_inbox(warehouse, FJELL)
    assert take_inbox(warehouse, FJELL) == Counts(taken=1)


def test_the_example_of_the_guide(warehouse: Connection) -> None:
    text = (PROJECT / "docs" / "expenses.md").read_text()
    example = text[text.index("insert into ops.expense_inbox") :].partition("```")[0]
    insert, _, asked = example.partition("-- What became")
    warehouse.execute(insert.encode())
    hlf = FJELL.model_copy(update={"organisation": "hlf"})
    assert take_inbox(warehouse, hlf) == Counts(taken=1)
    [row] = warehouse.execute(f"-- {asked}".encode()).fetchall()
    assert row[1:] == ("taken", "EXP-2026-0001", 1, None)


@pytest.mark.parametrize(
    "payload",
    [
        '{"organisation": "fjell", "revision": 1' + "0" * 5000 + "}",
        '{"organisation": "fjell", "lines": ' + "[" * 5000 + "]" * 5000 + "}",
    ],
)
def test_what_cannot_be_read_is_refused_and_stops_nobody(
    warehouse: Connection, payload: str
) -> None:
    warehouse.execute("insert into ops.expense_inbox (payload) values (%s::text::jsonb)", [payload])
    put(warehouse)
    assert take_inbox(warehouse, FJELL) == Counts(taken=1, refused=1)
    [(problems,)] = warehouse.execute(
        "select i.problems from ops.expense_inbox as i where i.status = 'refused'"
    ).fetchall()
    assert problems[0]["found"].startswith("no readable JSON (")
