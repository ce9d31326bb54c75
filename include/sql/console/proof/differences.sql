-- grain: one comparison of one proof that differs
-- reads: ops.proof, mart.dim_account
-- writes: nothing
-- sign and currency: debit positive, base currency; counts are numbers of records

-- A period says more than its year; what was written first comes first among equals.
select
    p.control,
    p.account_number,
    a.name as account_name,
    p.period,
    p.vendor_value,
    p.warehouse_value,
    p.difference
from ops.proof as p
left join lateral (
    select d.name
    from mart.dim_account as d
    where d.agreement_key = %(agreement_key)s
        and d.account_number = p.account_number
        and p.control <> 'customer_balances'
    limit 1
) as a on true
where p.agreement_id = %(agreement_id)s
    and p.checked_at = %(checked_at)s
    and not p.ok
    -- A year's sum of balances says that it was compared; its months say what differs.
    and (p.control <> 'month_balances' or p.account_number is not null)
order by
    p.control = 'customer_balances',
    p.control = 'account_year_totals',
    p.proof_id
limit %(limit)s;
