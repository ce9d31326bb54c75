-- grain: one agreement
-- reads: core.agreement; the company number comes from the agreement's file
-- writes: mart.dim_agreement
-- sign and currency: none
select
    c.company_name as name,
    %(company)s::text as company,
    c.vendor,
    c.base_currency,
    c.country
from core.agreement as c
where c.agreement_id = %(agreement_id)s
