-- grain: one posting on a customer's account up to the balance day
-- reads: mart.fact_receivables
-- writes: nothing
-- sign and currency: debit positive: what customers owe; base currency
select
    f.agreement_key,
    f.customer_key,
    f.date,
    f.amount_base
from mart.fact_receivables as f
where f.agreement_key = %(agreement_key)s
    and f.date <= %(balance_day)s
