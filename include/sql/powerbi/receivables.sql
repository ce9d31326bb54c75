-- grain: one posting on a customer's account that was open on the balance day, by what was open of it
-- reads: mart.receivables_ageing
-- writes: nothing
-- sign and currency: debit positive: what customers owe; base currency
select
    o.agreement_key,
    o.customer_key,
    o.due_date,
    o.days_overdue,
    o.bucket,
    o.remainder_base
from mart.receivables_ageing(%(balance_day)s) as o
where o.agreement_key = %(agreement_key)s
