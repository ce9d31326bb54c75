-- grain: one agreement
-- reads: mart.sync_status
-- writes: nothing
-- sign and currency: absolute differences, base currency
select
    s.agreement_key,
    s.data_as_of,
    s.last_proven,
    s.last_checked,
    s.difference
from mart.sync_status as s
where s.agreement_key = %(agreement_key)s
