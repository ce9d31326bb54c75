-- grain: one posting on a supplier's account up to the balance day
-- reads: mart.fact_payables
-- writes: nothing
-- sign and currency: credit negative: what is owed to suppliers; base currency
select
    f.agreement_key,
    f.supplier_key,
    f.date,
    f.amount_base
from mart.fact_payables as f
where f.agreement_key = %(agreement_key)s
    and f.date <= %(balance_day)s
