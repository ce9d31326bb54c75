"""The engine and Xledger together: each claim is in the ledger once, whatever went wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from saldo.exports.accounting.expense import parse_expense
from saldo.exports.accounting.intake import store_expense
from saldo.exports.accounting.jobs import Job, jobs_of
from saldo.exports.accounting.sending import Counts, Export
from saldo.transport import Policy
from saldo.warehouse.connection import Connection
from tests.exports.accounting.engine import Clock
from tests.exports.accounting.examples import expense, line, mileage, receipt
from tests.exports.accounting.targets.xledger.support import DAY, Books, books
from tests.support import Sandbox

HASTY = Policy(max_tries=2, first_wait_s=0.01, read_timeout_s=1.5)


class Desk:
    """Claims of the organisation, and the company they go to."""

    def __init__(self, dsn: str, warehouse: Connection, havn: Books) -> None:
        self.dsn, self.warehouse, self.havn, self.clock = dsn, warehouse, havn, Clock()

    def claims(self, *ids: str, **changes: Any) -> None:
        for id in ids:
            lines = [line(receipts=[receipt()]), mileage()]
            given = expense(
                **{"id": id, "organisation": "fjell", "date": DAY, "lines": lines, **changes}
            )
            store_expense(self.warehouse, parse_expense(given), actor="ann", source="rest")

    def run(self) -> Counts:
        """A run of its own process."""
        target = self.havn.target(policy=HASTY)
        return Export(
            self.dsn,
            self.havn.configuration,
            target,
            actor="schedule",
            clock=self.clock,
            wait_s=0.2,
        ).run()

    def reconcile(self) -> Counts:
        target = self.havn.target()
        return Export(
            self.dsn,
            self.havn.configuration,
            target,
            actor="schedule",
            clock=self.clock,
            wait_s=0.2,
        ).reconcile()

    def jobs(self) -> list[Job]:
        found = jobs_of(self.warehouse, organisations=["fjell"], limit=5000)
        return sorted(found, key=lambda job: job.sequence_number)

    def statuses(self) -> list[str]:
        return [job.status for job in self.jobs()]


@pytest.fixture
def desk(dsn: str, warehouse: Connection, sandbox: Sandbox) -> Iterator[Desk]:
    yield Desk(dsn, warehouse, books(sandbox, "xlonce", mapping={"booking": "post"}))
    sandbox.clear_faults()
    warehouse.execute("truncate ops.expense, ops.export_job, ops.export_breaker, ops.audit cascade")


def assert_once(desk: Desk, many: int) -> None:
    """Every line of every claim is in the ledger, once, and nothing else."""
    truth = desk.havn.truth()
    assert truth["staged"] == {}
    assert {len(found) for reference, found in truth["posted"].items() if reference} == {1}
    assert len([reference for reference in truth["posted"] if reference]) == 3 * many
    assert len(truth["payables"]) == many
    assert desk.havn.balances() == {Decimal(0)}


def test_staged_then_booked(desk: Desk) -> None:
    desk.claims("a", "b", "c")
    assert desk.run().statuses["created"] == 3
    assert desk.statuses() == ["created"] * 3
    desk.havn.do("run_import")
    desk.run()
    assert desk.statuses() == ["posted"] * 3
    assert_once(desk, 3)
    assert desk.run() == Counts()
    assert desk.reconcile() == Counts()


@pytest.mark.parametrize("kind", ["drop", "lost", "late", "503", "graphql_error"])
def test_a_call_whose_outcome_nobody_saw(desk: Desk, kind: str) -> None:
    desk.claims("a", "b", "c")
    desk.havn.company.fault(kind, match="addGLImportItems", times=1, seconds=2)
    desk.run()
    assert set(desk.statuses()) == {"unknown"}
    desk.havn.company.sandbox.clear_faults()
    for _ in range(4):
        desk.havn.do("run_import")
        desk.clock.later(minutes=60)
        desk.run()
    assert desk.statuses() == ["posted"] * 3
    assert_once(desk, 3)


def test_a_bad_one_is_in_review_and_the_import_books_the_others(desk: Desk) -> None:
    desk.claims("a", "c")
    desk.claims("bad", employee="K-404")
    desk.havn.do("set", runs_after_reads=2)
    for _ in range(4):
        desk.clock.later(minutes=60)
        desk.run()
    assert sorted(desk.statuses()) == ["posted", "posted", "review"]
    [bad] = [job for job in desk.jobs() if job.status == "review"]
    assert bad.last_error is not None
    assert "employee: 'K-404'" in bad.last_error
    assert_once(desk, 2)


def test_an_import_error_is_in_review_and_told_with_its_words(desk: Desk) -> None:
    desk.claims("a")
    desk.run()
    desk.havn.do("close_period", period="2026-10")
    desk.havn.do("run_import")
    counts = desk.run()
    [job] = desk.jobs()
    assert (job.status, counts.statuses) == ("review", {"review": 1})
    assert job.last_error is not None
    assert "The period 2026-10 is closed (line 1, line 2, what is owed)" in job.last_error
    assert job.last_error.count("Remedy:") == 1
    desk.havn.do("open_period", period="2026-10")
    desk.havn.do("run_import")
    desk.reconcile()
    assert desk.statuses() == ["posted"]
    assert_once(desk, 1)


def test_somebody_deletes_what_was_booked(desk: Desk) -> None:
    desk.claims("a")
    desk.run()
    desk.havn.do("run_import")
    desk.run()
    desk.havn.do("delete_posted", extIdentifier=f"{desk.jobs()[0].document.reference}-1")  # type: ignore[union-attr]
    assert desk.reconcile().statuses == {"review": 1}
    desk.run()
    assert desk.havn.truth()["staged"] == {}
