-- grain: one posting on a supplier's account that was open on the balance day, by what was open of it
-- reads: mart.payables_ageing
-- writes: nothing
-- sign and currency: credit negative: what is owed to suppliers; base currency
select
    o.agreement_key,
    o.supplier_key,
    o.due_date,
    o.days_overdue,
    o.bucket,
    o.remainder_base
from mart.payables_ageing(%(balance_day)s) as o
where o.agreement_key = %(agreement_key)s
