"""The engine and Business Central together: the register says what the company's books say."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from saldo.errors import DataRejected, SaldoError
from saldo.exports.accounting.deciding import retry
from saldo.exports.accounting.expense import parse_expense
from saldo.exports.accounting.intake import store_expense
from saldo.exports.accounting.jobs import Job, jobs_of
from saldo.exports.accounting.sending import Counts, Export
from saldo.transport import Policy
from saldo.warehouse.connection import Connection
from tests.exports.accounting import examples
from tests.exports.accounting.engine import Clock
from tests.exports.accounting.examples import receipt
from tests.sandbox.vendors.business_central.asking import TAXI
from tests.support import IS_WHOLE_SUITE, Sandbox

from .support import Desk, desk, dinner, fee, opened, taxi

_ONCE = Policy(max_tries=1, connect_timeout_s=5, read_timeout_s=1.5)


class Office:
    """An organisation's expenses, its exports and its books."""

    def __init__(self, dsn: str, warehouse: Connection, sandbox: Sandbox, name: str) -> None:
        warehouse.execute("truncate ops.expense, ops.export_job, ops.export_breaker cascade")
        self.dsn, self.warehouse, self.clock = dsn, warehouse, Clock()
        self.desk: Desk = desk(sandbox, name)
        self.books = self.desk.books

    def expense(self, id: str, *lines: dict[str, Any], **changes: Any) -> None:
        values = {"employee": "V00031", "organisation": "bygg", "lines": list(lines), **changes}
        store_expense(
            self.warehouse, parse_expense(examples.expense(id=id, **values)), actor="ann", source="rest"
        )  # fmt: skip

    def honorarium(self, id: str, *lines: dict[str, Any]) -> None:
        self.expense(id, *lines, kind="honorarium", employee=None, supplier="V00007")

    def export(self, policy: Policy = _ONCE) -> Export:
        """By a process of its own."""
        one = opened(self.books, policy=policy)
        return Export(
            self.dsn, one.configuration, one.target, actor="schedule", clock=self.clock, wait_s=5
        )

    def run(self) -> Counts:
        found = self.export().run()
        self.clock.later(60)
        return found

    def jobs(self) -> dict[str, Job]:
        return {job.source_id: job for job in jobs_of(self.warehouse, organisations=["bygg"])}

    def statuses(self) -> dict[str, str]:
        return {id: job.status for id, job in sorted(self.jobs().items())}


@pytest.fixture
def office(dsn: str, warehouse: Connection, sandbox: Sandbox) -> Office:
    return Office(dsn, warehouse, sandbox, "bcengine")


def test_from_approval_to_the_ledger(office: Office) -> None:
    office.expense("EXP-1", taxi(receipts=[receipt()]), dinner(2))
    office.expense("EXP-2", taxi(category="old"))
    office.honorarium("HON-1", fee(receipts=[receipt()]))
    office.run()
    assert office.statuses() == {"EXP-1": "posted", "EXP-2": "review", "HON-1": "posted"}
    jobs, truth = office.jobs(), office.books.truth()
    assert set(truth["posted"]) == {jobs["EXP-1"].external_reference, jobs["HON-1"].external_reference}  # fmt: skip
    assert len(truth["files"]) == 2
    assert "account 4450 (Old travel account) is blocked" in str(jobs["EXP-2"].last_error)
    before = office.books.truth()
    office.run()
    office.export().reconcile()
    assert office.books.truth() == before
    assert office.statuses()["EXP-1"] == "posted"


def test_a_period_that_closes_between_check_and_post(office: Office) -> None:
    office.expense("EXP-1", taxi(receipts=[receipt()]), date="2026-02-02")
    office.expense("EXP-2", taxi())
    office.books.do("close_on_post", **{"from": "2026-03-01"})
    office.run()
    job = office.jobs()["EXP-1"]
    assert office.statuses() == {"EXP-1": "review", "EXP-2": "posted"}
    assert (job.external_reference, job.is_complete) == (None, False)
    assert "Its lines were taken out of the journal" in str(job.last_error)
    office.books.do("period", **{"from": "2026-01-01"})
    configuration = office.desk.configuration
    retry(office.warehouse, job.export_id, actor="ann", configuration=configuration)
    office.run()
    assert office.statuses() == {"EXP-1": "posted", "EXP-2": "posted"}
    assert {len(rows) for rows in office.books.truth()["posted"].values()} == {2}
    assert len(office.books.truth()["files"]) == 1


def test_lines_of_somebody_else_wait_for_a_person(office: Office) -> None:
    office.expense("EXP-1", taxi())
    (journal,) = office.books.found("journals", "code eq 'SALDO'")
    office.books.made(f"journals({journal['id']})/journalLines", {**TAXI, "documentNumber": "HAND"})
    with pytest.raises(DataRejected, match="document HAND, line "):
        office.run()
    assert office.statuses() == {"EXP-1": "created"}
    office.books.do("delete_line", documentNumber="HAND")
    office.clock.later(60)
    office.run()
    assert office.statuses() == {"EXP-1": "posted"}


def test_reconciling_tells_what_people_did(office: Office) -> None:
    for n in (1, 2, 3):
        office.expense(f"EXP-{n}", taxi())
    office.run()
    keys = {id: str(job.external_reference) for id, job in office.jobs().items()}
    office.books.do("change_entry", documentNumber=keys["EXP-1"], debitAmount="1.00")
    office.books.do("delete_entries", documentNumber=keys["EXP-2"])
    told = " ".join(office.export().reconcile().told)
    assert "account 4410 has 1.00 there, 121.00 here" in told
    assert office.statuses() == {"EXP-1": "review", "EXP-2": "review", "EXP-3": "posted"}


@pytest.mark.parametrize("seed", range(15 if IS_WHOLE_SUITE else 3))
def test_under_fire(office: Office, seed: int) -> None:
    """Whatever is lost, each is there once, and the register knows."""
    draw = random.Random(seed)
    for n in range(1, 9):
        office.expense(f"EXP-{n}", taxi(receipts=[receipt()]), dinner(2, f"{100 + n}.50"))
    for n in range(1, 4):
        office.honorarium(f"HON-{n}", fee(amount=f"{1000 + n}.00"))
    for round in range(30):
        for _ in range(draw.randrange(3) if round < 8 else 0):
            kind = draw.choice(("drop", "lost", "late", "partial", "429", "503", "expired", "truncate"))  # fmt: skip
            office.books.company.fault(kind, after=draw.randrange(6), seconds=2)
        try:
            office.run()
        except SaldoError:
            office.clock.later(60)
        # The breaker goes by the real time.
        office.warehouse.execute(
            "update ops.export_breaker set opened_at = opened_at - interval '6 min'"
        )
        if set(office.statuses().values()) == {"posted"}:
            break
        mend(office)
    truth = office.books.truth()
    assert set(office.statuses().values()) == {"posted"}
    assert (truth["lines"], len(truth["posted"]), len(truth["invoices"])) == ({}, 11, 3)
    for id, job in office.jobs().items():
        rows = truth["posted"][job.external_reference]
        owed = sum(Decimal(row["amount"]) for row in rows if row["account"] == "5410")
        assert (id, owed) == (id, -Decimal(str(job.document.total)))  # type: ignore[union-attr]


def mend(office: Office) -> None:
    """What failed too often is retried by a person."""
    for job in office.jobs().values():
        if job.status == "review":
            retry(office.warehouse, job.export_id, actor="ann", configuration=office.desk.configuration)  # fmt: skip
