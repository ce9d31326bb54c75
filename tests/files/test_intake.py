"""Files of people, from a folder to the facts: what counts, what is refused, and what stays in force."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from saldo.warehouse.connection import Connection
from tests.files.dropping import Drop, wide
from tests.support import Company, Sandbox, night


@pytest.fixture(scope="module")
def books(dsn: str, sandbox: Sandbox) -> Company:
    company = sandbox.company("budgeted", is_ledger_only=True, entries=300)
    assert not night(dsn, company).errors
    return company


@pytest.fixture
def drop(warehouse: Connection, books: Company, tmp_path: Path) -> Drop:
    """Nothing of another test is left."""
    for table in ("ops.file", "ops.watermark where subject_kind = 'file'", "staging.file_budget",
                  "staging.file_account_mapping"):
        warehouse.execute(f"delete from {table}".encode())
    warehouse.execute("update core.budget set is_deleted = true, change_seq = nextval('core.change_seq')")
    warehouse.execute("update core.account_mapping set is_deleted = true, change_seq = nextval('core.change_seq')")
    return Drop(warehouse, tmp_path, books)


def test_a_budget_shows_beside_what_was_posted(drop: Drop) -> None:
    drop.put("Budget 2026.csv", wide((1010, 1, "1.000,00"), (1310, 2, "250,50")))
    outcome = drop.look()
    assert (outcome.accepted, outcome.rows) == (["Budget 2026.csv"], 24)
    # Income is a credit, costs are a debit, whatever people write.
    assert drop.facts() == [("1010", "1", Decimal(-1000)), ("1310", "2", Decimal("250.50"))]
    sides = drop.connection.execute(
        "select account_number, actual_base, budget_base, variance_base from mart.fact_budget_vs_actual "
        "where agreement_id = %s and month = '2026-01-01' and scenario = 'budget' and account_number = '1010' "
        "and department_number = '1'",
        [drop.company.id],
    ).fetchall()
    [(_, actual, budget, variance)] = sides
    assert (budget, variance) == (Decimal(-1000), actual - budget)


def test_nothing_changed_is_nothing_done(drop: Drop) -> None:
    drop.put("Budget 2026.csv", wide((1010, 1, "1.000,00")))
    drop.look()
    outcome = drop.look()
    assert (outcome.as_before, outcome.accepted) == (1, [])
    assert len(drop.register()) == 1
