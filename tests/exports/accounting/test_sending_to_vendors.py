"""The engine with the real targets on the sandbox's companies: whatever goes wrong on the way, each claim is booked once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from saldo.errors import SaldoError
from saldo.exports.accounting.configuration import AccountingExport
from saldo.exports.accounting.expense import parse_expense
from saldo.exports.accounting.intake import store_expense
from saldo.exports.accounting.jobs import Job, jobs_of
from saldo.exports.accounting.sending import Counts, Export
from saldo.exports.accounting.targets.target import Target
from saldo.transport import Policy
from saldo.warehouse.connection import Connection
from tests.support import IS_WHOLE_SUITE, Company, Sandbox

from .engine import Clock
from .examples import expense, line, mileage, receipt
from .register import clear
from .targets.business_central import support as central
from .targets.xledger import support as xledger

#: Trouble is not waited out.
_ONCE = Policy(max_tries=1, connect_timeout_s=5, read_timeout_s=1.5)
_FAULTS = ("drop", "lost", "late", "partial", "429", "503", "500", "truncate", "html")
_CLAIMS, _ROUNDS, _FIRE = 12, 60, 10


@dataclass
class Books:
    """A company of the sandbox. target: what sends there, by another process each time. night: the system's own work. copies: of a
    document in the ledger, and what they come to."""

    configuration: AccountingExport
    fault: Callable[..., None]
    target: Callable[[], Target]
    night: Callable[[], None]
    booked: Callable[[Job], Decimal]
    lines: list[dict[str, Any]]
    changes: dict[str, Any]


def _central(sandbox: Sandbox, seed: int) -> Books:
    desk = central.desk(sandbox, f"enginebc{seed}")

    def booked(job: Job) -> Decimal:
        rows = desk.books.truth()["posted"][job.key]
        assert len(rows) == 2 * len(desk_lines) + 1, "each cost, what is owed for it, and VAT"
        return -sum((Decimal(row["amount"]) for row in rows if row["account"] == "5410"), Decimal(0))  # fmt: skip

    desk_lines = [central.taxi(receipts=[receipt()]), central.dinner(2)]
    return Books(
        desk.configuration, desk.books.company.fault, lambda: central.opened(desk.books, policy=_ONCE).target, lambda: None, booked,
        desk_lines, {"organisation": "bygg", "employee": "V00031"},
    )  # fmt: skip


def _xledger(sandbox: Sandbox, seed: int) -> Books:
    books = xledger.books(sandbox, f"enginexl{seed}", mapping={"booking": "post"})
    lines = [line(receipts=[receipt()]), mileage()]

    owner = books.company.client().own_entity().id

    def fault(kind: str, **more: Any) -> None:
        """Without asking Xledger first, whom it is for."""
        Company.fault(books.company, kind, agreement=owner, **more)

    def booked(job: Job) -> Decimal:
        document = job.document
        assert document is not None
        posted = books.truth()["posted"]
        references = [one["node"]["extIdentifier"] for one in document.payload["inputs"]]
        assert [len(posted.get(one, [])) for one in references] == [1] * len(references)
        assert books.balances() == {Decimal(0)}
        return document.total

    return Books(
        books.configuration, fault, lambda: books.target(policy=_ONCE), lambda: books.do("run_import"), booked,
        lines, {"organisation": "fjell", "date": xledger.DAY},
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _empty(warehouse: Connection) -> Iterator[None]:
    yield
    clear(warehouse)


def _run(dsn: str, books: Books, clock: Clock) -> Counts | str:
    try:
        return Export(dsn, books.configuration, books.target(), actor="schedule", clock=clock).run()
    except SaldoError as error:
        return error.family


@pytest.mark.parametrize("open_books", [_central, _xledger], ids=["business_central", "xledger"])
@pytest.mark.parametrize("seed", range(5 if IS_WHOLE_SUITE else 1))
def test_each_claim_is_booked_once(
    dsn: str, warehouse: Connection, sandbox: Sandbox, open_books: Any, seed: int
) -> None:
    books, clock, draw = open_books(sandbox, seed), Clock(), random.Random(seed)
    for n in range(1, _CLAIMS + 1):
        sent = expense(**{"id": f"EXP-{n}", "lines": books.lines, **books.changes})
        store_expense(warehouse, parse_expense(sent), actor="ann", source="rest")
    organisation = books.configuration.organisation
    for round in range(_ROUNDS):
        for _ in range(draw.randrange(1, 4) if round < _FIRE else 0):
            books.fault(draw.choice(_FAULTS), after=draw.randrange(6), seconds=2)
        _run(dsn, books, clock)
        if round >= _FIRE:
            sandbox.clear_faults()
        books.night()
        warehouse.execute("update ops.export_breaker set opened_at = opened_at - interval '6 min'")
        clock.later(21)
        jobs = jobs_of(warehouse, organisations=[organisation])
        if round >= _FIRE and {job.status for job in jobs} == {"posted"}:
            break
    assert {job.source_id: (job.status, job.last_error) for job in jobs} == {
        f"EXP-{n}": ("posted", None) for n in range(1, _CLAIMS + 1)
    }
    assert {job.source_id: books.booked(job) for job in jobs} == {
        job.source_id: job.total for job in jobs
    }
    assert _run(dsn, books, clock) == Counts()
    export = Export(dsn, books.configuration, books.target(), actor="schedule", clock=clock)
    assert export.reconcile() == Counts()
