"""A night that validates while a file is read: what has come since its facts were written breaks no rule."""

from __future__ import annotations

from pathlib import Path

from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.validation import validate
from saldo.warehouse.connection import Connection
from tests.files.dropping import Drop, wide
from tests.support import Sandbox, agreement, night

RULE = "budgets_are_what_files_say"


def test_what_came_since_the_facts_is_no_difference_and_what_they_lost_is(
    dsn: str, warehouse: Connection, sandbox: Sandbox, tmp_path: Path
) -> None:
    company = sandbox.company("meanwhile", is_ledger_only=True, entries=200)
    assert not night(dsn, company).errors
    [(number,)] = warehouse.execute(
        "select min(account_number) from mart.fact_account_balance_month where agreement_id = %s and movement_base <> 0",
        [company.id],
    ).fetchall()

    def broken(run_id: str) -> set[str]:
        found = validate(warehouse, dsn, agreement(company.id), run_id=run_id)
        return {one.rule.name for one in found.broken}

    drop = Drop(warehouse, tmp_path, company)
    for amount in (1_000, 2_000):
        drop.put("budget.csv", wide((number, "", amount)))
        drop.look(with_facts=False)
        assert RULE not in broken(f"night {amount}")
        refresh(warehouse, agreement(company.id), RunRequest())
        assert RULE not in broken(f"after {amount}")
        assert abs(drop.total()) == 12 * amount
    warehouse.execute(
        "delete from mart.fact_budget where agreement_id = %s and month = '2026-03-01'",
        [company.id],
    )
    found = validate(warehouse, dsn, agreement(company.id), run_id="lost", everything=True)
    assert RULE in {one.rule.name for one in found.broken}
