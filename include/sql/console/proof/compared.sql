-- grain: the last comparison of an account's total of a year or a period
-- reads: ops.proof
-- writes: nothing
-- sign and currency: debit positive, base currency
select
    p.vendor_value,
    p.warehouse_value,
    p.difference,
    p.ok,
    p.checked_at
from ops.proof as p
where p.agreement_id = %(agreement_id)s
    and p.control = %(control)s
    and p.entity = 'fact_journal_entries'
    and p.account_number = %(account)s
    and p.period = %(label)s
    and (%(checked_at)s::timestamptz is null or p.checked_at <= %(checked_at)s)
order by p.checked_at desc
limit 1;
