-- grain: one account of an agreement in one period: what the facts came to when it was last compared
-- reads: ops.proof
-- writes: nothing
-- sign and currency: debit positive, base currency
select distinct on (p.period, p.account_number)
    p.period as period,
    p.account_number as account_number,
    p.warehouse_value as warehouse_value,
    p.ok as ok
from ops.proof as p
where p.agreement_id = %(agreement_id)s
    and p.control = 'account_period_totals'
    and p.entity = 'fact_journal_entries'
    and p.checked_at > %(since)s
order by
    p.period,
    p.account_number,
    p.checked_at desc;
