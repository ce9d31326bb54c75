"""Nights of a company on Xledger that are killed, and days that pass in any order with trouble."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.nights.test_xledger_troubles import SMALL, assert_true
from tests.support import IS_WHOLE_SUITE, PROJECT, Sandbox, night
from tests.xledger import XledgerCompany, xledger_company

_CHILD = """
import sys
import saldo.landing.chunks
from tests.support import Sandbox, night
from tests.xledger import XledgerCompany
saldo.landing.chunks.ROWS_PER_CHUNK = 100
dsn, url, id = sys.argv[1:]
company = XledgerCompany(Sandbox(url), id, 0, rows=100)
print("started", flush=True)
done = night(dsn, company, run_id="run")
assert not done.errors, done.errors
"""
#: What a day may bring, by chance.
_TROUBLES = (
    {"kind": "500", "match": "transaction_deltas"},
    {"kind": "drop", "match": "arTransaction_deltas"},
    {"kind": "truncate", "match": "timesheet_deltas"},
    {"kind": "partial", "match": "apTransaction_deltas"},
    {"kind": "repeated", "match": "transaction_deltas"},
    {"kind": "graphql_error", "match": "customer_deltas"},
    {"kind": "query_timeout", "match": "transaction_deltas"},
    {"kind": "missing_field", "match": "accounts", "field": "node.description"},
)


def killed(dsn: str, company: XledgerCompany, after_s: float) -> int:
    """A night in a process of its own, which ends as the kernel ends it."""
    path = os.pathsep.join(str(PROJECT / part) for part in ("plugins", "include", "."))
    process = subprocess.Popen(
        [sys.executable, "-c", _CHILD, dsn, company.sandbox.url, company.id],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    process.stdout.readline()
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), said
    return process.returncode


@pytest.mark.parametrize("seed", range(4 if IS_WHOLE_SUITE else 1))
def test_killed_at_any_moment_the_next_try_ends_in_the_truth(
    sandbox: Sandbox, dsn: str, seed: int
) -> None:
    chance = random.Random(seed)
    company = xledger_company(sandbox, "xkilled", deletions=True, **{**SMALL, "entries": 3_000})
    ends = [killed(dsn, company, chance.uniform(0.05, 0.9)) for _ in range(3)]
    assert -signal.SIGKILL in ends, "no kill came before the end"
    assert not night(dsn, company, run_id="run").errors
    assert_true(dsn, company)
    company.next_day(2)
    ends = [killed(dsn, company, chance.uniform(0.05, 0.5)) for _ in range(3)]
    assert -signal.SIGKILL in ends, "no kill came before the end of a night of changes"
    assert not night(dsn, company, run_id="next").errors
    assert_true(dsn, company)


@pytest.mark.parametrize("seed", range(6 if IS_WHOLE_SUITE else 1))
def test_days_with_trouble_end_in_the_truth(sandbox: Sandbox, dsn: str, seed: int) -> None:
    chance = random.Random(seed)
    company = xledger_company(
        sandbox,
        "xtrouble",
        rows=150,
        deletions=True,
        renumbers=True,
        currencies=["EUR"],
        reopens_on=2,
        # A stream may fail for some nights in a row: days pass here in seconds.
        xledger_retention_days=30,
        **SMALL,
    )
    night(dsn, company)
    for _ in range(5):
        company.next_day()
        for trouble in chance.sample(_TROUBLES, 3):
            company.fault(**{**trouble, "times": chance.randint(1, 5)})
        night(dsn, company)
        if chance.random() < 0.5:
            night(dsn, company)
    sandbox.clear_faults()
    assert not night(dsn, company).errors
    assert_true(dsn, company)
