"""Many claims, two workers at once, and everything that can go wrong: nothing is posted twice, nothing is lost, to the øre."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from saldo.errors import SaldoError
from saldo.exports.accounting import deciding
from saldo.exports.accounting.sending import Export
from saldo.warehouse.connection import Connection
from tests.example_target.faults import FAULTS, Faults, Killed, RandomFaults
from tests.example_target.ledger import Ledger
from tests.example_target.target import ExampleTarget
from tests.support import IS_WHOLE_SUITE

from .engine import Desk
from .examples import line, receipt

CLAIMS = 1000 if IS_WHOLE_SUITE else 150
SEEDS = (1, 2) if IS_WHOLE_SUITE else (1,)
ROUNDS = 400


@pytest.fixture
def desk(dsn: str, warehouse: Connection) -> Iterator[Desk]:
    found = Desk(dsn, warehouse)
    yield found
    found.clear()


def _claims(desk: Desk, seed: int) -> dict[str, Decimal]:
    """Claims of 1 to 4 lines with odd øre, some of them with receipts; id -> what is owed."""
    drawn, owed = random.Random(seed), {}
    with desk.warehouse.transaction():
        for n in range(CLAIMS):
            amounts = [Decimal(drawn.randint(1, 999_999)) / 100 for _ in range(drawn.randint(1, 4))]
            lines = [
                line(at, amount=str(amount), vat_code=None, vat_amount=None, receipts=[receipt()] * (drawn.random() < 0.2))
                for at, amount in enumerate(amounts, start=1)
            ]  # fmt: skip
            desk.claims(f"c{n}", lines=lines)
            owed[f"c{n}"] = sum(amounts, Decimal(0))
    return owed


def _run(desk: Desk, faults: Faults) -> str:
    """A worker's run: it may be killed, meet another, or fail as a whole. How it ended."""
    ledger = Ledger(desk.dsn)
    target = ExampleTarget(ledger, faults, size=3)
    try:
        Export(desk.dsn, desk.configuration, target, actor="w", clock=desk.clock, wait_s=0.05).run(size=30)  # fmt: skip
    except Killed:
        return "Killed"
    except SaldoError as error:
        return error.family
    finally:
        ledger.close()
    return "done"


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_posted_twice_and_nothing_is_lost(desk: Desk, seed: int) -> None:
    owed = _claims(desk, seed)
    faults, ends = RandomFaults(seed, well=2), set()
    with ThreadPoolExecutor(2) as workers:
        for n in range(1, ROUNDS):
            ends |= set(workers.map(lambda faults: _run(desk, faults), [faults, faults]))
            # What was late is carried out seven minutes later: within the ten that a server may take.
            if n % 3 == 0:
                desk.ledger.arrive()
            desk.ledger.totals()
            desk.clock.later(3.5)
            desk.warehouse.execute("update ops.export_breaker set opened_at = opened_at - interval '6 min'")  # fmt: skip
            if set(desk.statuses()) <= {"posted", "review"}:
                break
        else:
            raise AssertionError(f"after {ROUNDS} rounds there is still something to do")
    assert {"Killed", "Unavailable"} <= ends
    # With a few claims it is chance; so is whether the two met at the lock (test_sending.py has one that waits in vain).
    if IS_WHOLE_SUITE:
        assert {f"send {fault}" for fault in FAULTS} <= faults.met.keys(), "each fault was met"
    # What is not posted says why, and a person who retries it gets it posted.
    left = [job for job in desk.jobs() if job.status != "posted"]
    assert [
        job for job in left if job.status in ("review", "failed", "unknown") and not job.last_error
    ] == []
    for job in left:
        if job.status == "review":
            deciding.retry(
                desk.warehouse, job.export_id, actor="bo", configuration=desk.configuration
            )
    for _ in range(3):
        _run(desk, Faults())
        desk.clock.later(8 * 60)
    assert set(desk.statuses()) == {"posted"}
    _assert_true(desk, owed)


def _assert_true(desk: Desk, owed: dict[str, Decimal]) -> None:
    """The ledger, the register and the claims say the same, document by document."""
    jobs: dict[Any, Any] = {job.key: job for job in desk.jobs()}
    assert {job.source_id: job.total for job in jobs.values()} == owed
    assert desk.ledger.totals() == {key: job.total for key, job in jobs.items()}
    assert set(desk.ledger.states()) == {"posted"}
    rows = desk.ledger.ask(
        "select key, reference, number, body, receipts from example_ledger.document"
    )
    for key, reference, number, body, receipts in rows:
        job = jobs[key]
        assert (reference, number, body, receipts) == (
            job.external_reference, job.sequence_number, job.document.body.decode(), len(job.document.receipts),
        )  # fmt: skip
    assert desk.export().reconcile().statuses == {}
