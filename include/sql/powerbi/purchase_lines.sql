-- grain: one line of a purchase invoice or receipt of the days chosen
-- reads: mart.fact_purchase_documents
-- writes: nothing
-- sign and currency: positive is owed to the supplier, or will be once it is posted; base currency
select
    f.agreement_key,
    f.supplier_key,
    f.account_key,
    f.state,
    f.net_amount_base,
    f.tax_amount_base
from mart.fact_purchase_documents as f
where f.agreement_key = %(agreement_key)s
    and f.date between %(first_day)s and %(last_day)s
