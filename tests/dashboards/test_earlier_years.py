"""The balance is 0 of books whose earlier results nobody has posted on equity, too."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from saldo.warehouse.connection import connect
from tests.dashboards.bundle import datasets, statement
from tests.moneybird import moneybird_company
from tests.support import Company, Sandbox, night
from tests.xledger import xledger_company

[_BALANCE] = [one for one in datasets().values() if one["table_name"] == "saldo_balance"]
#: Month -> what profit and loss had come to before the accounting year that its last day is in, debit positive.
_EARLIER = """
select m.month, sum(f.amount_base)
from (
    select distinct
        b.month,
        (
            select min(p.start_date)
            from mart.dim_period as p
            where p.agreement_key = b.agreement_key and p.accounting_year = b.accounting_year
        ) as year_start
    from mart.fact_account_balance_month as b
    where b.agreement_id = %(of)s
) as m
inner join mart.fact_journal_entries as f on f.date < m.year_start and not f.is_opening and f.agreement_id = %(of)s
inner join mart.dim_account as a on a.account_key = f.account_key and not a.is_balance_sheet
group by m.month
having sum(f.amount_base) <> 0
order by m.month
"""


@pytest.mark.parametrize("made", [xledger_company, moneybird_company])
def test_what_is_not_posted_on_equity_is_a_line(
    made: Callable[..., Company], dsn: str, sandbox: Sandbox
) -> None:
    company = made(sandbox, "earlier" + made.__name__[0])
    assert not night(dsn, company).errors
    with connect(dsn) as connection:
        company_name = f"company = '{company.id.rstrip('0123456789')} ApS'"
        months = connection.execute(
            statement(_BALANCE, "month, sum(amount)", company_name) + b" group by 1"
        ).fetchall()
        assert len(months) > 12
        assert {total for _, total in months} == {Decimal(0)}
        line = f"{company_name} and is_balance_sheet and line = 'Result of earlier years'"
        shown = connection.execute(
            statement(_BALANCE, "month, amount", line) + b" order by 1"
        ).fetchall()
        assert shown == connection.execute(_EARLIER.encode(), {"of": company.id}).fetchall() != []
