-- grain: one agreement
-- reads: mart.dim_agreement
-- writes: nothing
-- sign and currency: no amounts
select
    g.agreement_key,
    g.base_currency
from mart.dim_agreement as g
where g.agreement_key = %(agreement_key)s
