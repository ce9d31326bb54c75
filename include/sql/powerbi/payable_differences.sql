-- grain: what the vendor holds settled of one posting on a supplier's account, and no other posting settles, up to the balance day
-- reads: mart.fact_payable_details
-- writes: nothing
-- sign and currency: the posting's with the other sign, base currency
select
    d.agreement_key,
    d.supplier_key,
    d.date,
    d.amount_base
from mart.fact_payable_details as d
where d.agreement_key = %(agreement_key)s
    and d.detail = 'difference'
    and d.date <= %(balance_day)s
