"""mart.fact_budget_vs_actual: neither side loses or doubles anything, whatever months, years, departments and scenarios there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from saldo.warehouse.connection import Connection
from tests.files.dropping import Drop, wide
from tests.support import Sandbox, night

SHAPES = {
    "years inside months": {
        "founded_on": 20,
        "year_starts_in": 6,
        "year_starts_on": 16,
        "first_year": 2023,
    },
    "no departments": {"departments": False},
}
#: What is different between the view and the tables it is made of; each month, account and scenario once.
DIFFERENT = """
with shown as (
    select
        v.scenario,
        v.month,
        v.account_key,
        sum(v.actual_base) as actual,
        sum(v.budget_base) as budget,
        sum(v.variance_base) as variance
    from mart.fact_budget_vs_actual as v
    where v.agreement_id = %(id)s
    group by 1, 2, 3
),

posted as (
    select
        c.scenario,
        a.month,
        a.account_key,
        sum(a.movement_base) as actual
    from (select distinct scenario, month from mart.fact_budget where agreement_id = %(id)s) as c
    inner join mart.fact_account_balance_month as a
        on a.agreement_id = %(id)s
        and a.month = c.month
    group by 1, 2, 3
),

budgeted as (
    select
        b.scenario,
        b.month,
        b.account_key,
        sum(b.amount_base) as budget
    from mart.fact_budget as b
    where b.agreement_id = %(id)s
    group by 1, 2, 3
)

select *
from shown as s
full join posted as p using (scenario, month, account_key)
full join budgeted as b using (scenario, month, account_key)
where coalesce(s.actual, 0) <> coalesce(p.actual, 0)
    or coalesce(s.budget, 0) <> coalesce(b.budget, 0)
    or coalesce(s.variance, 0) <> coalesce(p.actual, 0) - coalesce(b.budget, 0)
"""


@pytest.mark.parametrize("shape", SHAPES)
def test_both_sides_are_whole(
    dsn: str, warehouse: Connection, sandbox: Sandbox, tmp_path: Path, shape: str
) -> None:
    company = sandbox.company("sides", is_ledger_only=True, entries=1_500, **SHAPES[shape])
    assert not night(dsn, company).errors
    posted = warehouse.execute(
        "select distinct account_number, extract(year from month)::int from mart.fact_account_balance_month "
        "where agreement_id = %s and movement_base <> 0 order by 1",
        [company.id],
    ).fetchall()
    years = sorted({year for _, year in posted})
    numbers = [number for number, year in posted if year == years[-1]][:4]
    department = "1" if shape != "no departments" else ""
    for scenario in ("budget", "forecast"):
        (tmp_path / scenario).mkdir()
        values = {"scenario": scenario, "sign": "ledger"}
        drop = Drop(warehouse, tmp_path / scenario, company, id=scenario, values=values)
        # With and without departments beside postings with them; a forecast for one year only.
        lines = [
            (number, "" if n % 2 else department, f"{n + 1},25") for n, number in enumerate(numbers)
        ]
        for year in years if scenario == "budget" else years[-1:]:
            drop.put(f"{year}.csv", wide(*lines, year=year))
        assert drop.look().accepted
    assert warehouse.execute(DIFFERENT, {"id": company.id}).fetchall() == []
    keys = warehouse.execute(
        "select count(*), count(distinct (scenario, month, account_key, department_key)), "
        "count(distinct scenario), count(*) filter (where actual_base <> 0 and budget_base = 0), "
        "count(*) filter (where actual_base <> 0 and budget_base <> 0), "
        "count(*) filter (where account_number is null) from mart.fact_budget_vs_actual where agreement_id = %s",
        [company.id],
    ).fetchall()
    [(rows, distinct, scenarios, only_posted, both, nameless)] = keys
    assert (rows, scenarios, nameless) == (distinct, 2, 0)
    assert only_posted > 0
    assert both > 0
    if "years" in shape:
        parted = warehouse.execute(
            "select from mart.fact_account_balance_month where agreement_id = %s and movement_base <> 0 "
            "group by month, account_key having count(distinct first_day) > 1",
            [company.id],
        ).fetchall()
        assert parted, "no month is parted by a year: nothing is tested"
    # A month without a budget is not shown, and a month without postings is.
    months = warehouse.execute(
        "select count(*) from mart.fact_budget_vs_actual where agreement_id = %s and scenario = 'forecast' "
        "and extract(year from month) <> %s",
        [company.id, years[-1]],
    ).fetchone()
    assert months == (0,)
