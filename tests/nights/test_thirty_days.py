"""Thirty working days of one company under random trouble end in the truth, and equal a rebuild.

SALDO_TEST_SEEDS names the seeds (1 is the default); what every day did is printed when a test fails.
"""

from __future__ import annotations

import os
import random
import signal
from datetime import date, timedelta
from typing import Any

import pytest

from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.warehouse.connection import connect
from tests.nights.test_kills import Executioner, unbalanced
from tests.nights.test_kills import executioner as executioner
from tests.support import (
    ENTITIES,
    IS_WHOLE_SUITE,
    Company,
    Sandbox,
    assert_true,
    night,
    snapshot_of_mart,
)

SEEDS = [int(seed) for seed in os.environ.get("SALDO_TEST_SEEDS", "1").split(",")]
DAYS, CLEAN_EVERY = 30, 6
SHAPES: dict[str, dict[str, Any]] = {
    "short-first-year": {
        "first_year_months": 8, "reopens_on": 4, "year_starts_in": 7, "first_year": 2023,
    },
    "long-first-year": {"first_year_months": 18, "reopens_on": 7},
    "years-from-mid-month": {
        "founded_on": 20, "reopens_on": 4, "year_starts_in": 6, "year_starts_on": 16, "first_year": 2023,
    },
}  # fmt: skip
FAULTS: list[dict[str, Any]] = [
    {"kind": "500"},
    {"kind": "429", "retry_after": 0},
    {"kind": "429", "retry_after": 3600},
    {"kind": "drop"},
    {"kind": "truncate"},
    {"kind": "html"},
    {"kind": "revoked"},
    {"kind": "empty"},
    {"kind": "missing"},
    {"kind": "duplicate"},
    {"kind": "duplicate", "where": "next"},
    {"kind": "shift"},
    {"kind": "endless"},
    {"kind": "endless", "where": "new"},
    {"kind": "foreign_link"},
    {"kind": "wrong_count", "by": 1},
    {"kind": "wrong_count", "by": -2},
    {"kind": "new_field"},
    {"kind": "retyped", "field": "entryNumber"},
    {"kind": "missing_field", "field": "date"},
]
MATCHES = (
    "v7.0.0/booked-entries?", "v7.0.0/booked-entries/count", "filter=remainder", "%24in",
    "dimension-data/booked-entries?", "dimension-data/booked-entries/count", "rest/customers",
    "rest/accounts?", "draft-entries", "Periods", "/economic/", "invoices/booked?",
    "invoices/booked/lines", "invoices/unpaid", "rest/orders", "orders/sent/lines", "AttachedDocuments",
)  # fmt: skip
#: How often what happens on a day, in thirty.
DAYS_OF = {
    "quiet": 5, "nothing": 2, "fault": 8, "kill": 7, "window": 3, "some": 3, "full": 2
}  # fmt: skip


def some_window(chance: random.Random) -> RunRequest:
    first = date(2024, 9, 1) + timedelta(days=chance.randrange(760))
    return RunRequest("window", (first, first + timedelta(days=chance.randrange(90))))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", list(SHAPES) if IS_WHOLE_SUITE else list(SHAPES)[:1])
def test_thirty_days_of_trouble_end_in_the_truth(
    dsn: str, sandbox: Sandbox, executioner: Executioner, name: str, seed: int
) -> None:
    """Every silent change is on; nights fail, die, are left out, or read a part or a window."""
    shape = SHAPES[name]
    chance = random.Random(f"{seed} {sorted(shape)}")
    company = sandbox.company(
        "thirty", seed=1_000 + seed, entries=800, customers=50, suppliers=20, currencies=["EUR"],
        deletions=True, renumbers=True, cursor_page=200, **shape,
    )  # fmt: skip
    for day in range(DAYS + 1):
        what = chance.choices(list(DAYS_OF), list(DAYS_OF.values()))[0] if day else "fault"
        detail = a_day(dsn, company, executioner, chance, what)
        print(f"seed {seed}, day {day}: {what} {detail}")
        assert unbalanced(dsn, company) == []
        if day % CLEAN_EVERY == 0:
            assert night(dsn, company).errors == {}
            assert_true(dsn, company)
        company.next_day()
    with connect(dsn) as connection:
        assert night(dsn, company).errors == {}
        assert_true(dsn, company)
        grown = snapshot_of_mart(connection, company.id)
        refresh(connection, company.agreement, RunRequest("full"))
        assert snapshot_of_mart(connection, company.id) == grown


def a_day(
    dsn: str, company: Company, executioner: Executioner, chance: random.Random, what: str
) -> object:
    """What happens on one day; returns what to print of it."""
    if what == "quiet":
        return sorted(night(dsn, company).errors)
    if what == "nothing":
        return ""
    if what == "fault":
        fault = {
            **chance.choice(FAULTS),
            "match": chance.choice(MATCHES),
            "after": chance.randrange(4),
            "times": chance.choice((1, 3, 30)),
        }
        company.fault(**fault)
        done = night(dsn, company)
        company.sandbox.clear_faults()
        return fault, sorted(done.errors)
    if what == "kill":
        at, mode = chance.randrange(1, 900), chance.choice(("auto", "auto", "window", "full"))
        code, _ = executioner.night(company, dies_at=at * chance.choice((1, -1)), mode=mode)
        assert code in (0, -signal.SIGKILL)
        return at, mode, code
    if what == "some":
        names = tuple(chance.sample(sorted(ENTITIES), chance.randint(1, 8)))
        return names, sorted(night(dsn, company, run_request=RunRequest(entities=names)).errors)
    run_request = some_window(chance) if what == "window" else RunRequest("full")
    return run_request, sorted(night(dsn, company, run_request=run_request).errors)
