-- grain: one account whose number or name is searched for
-- reads: mart.dim_account
-- writes: nothing
-- sign and currency: none
select
    a.account_number,
    a.name,
    a.account_type,
    a.is_deleted
from mart.dim_account as a
where a.agreement_key = %(agreement_key)s
    and a.account_type not in ('heading', 'heading_start', 'sum_interval', 'sum_alpha', 'total_from', 'budget_only')
    and (a.account_number ilike %(starts)s or a.name ilike %(like)s)
order by
    a.account_number <> %(words)s,
    length(a.account_number),
    a.account_number
limit %(limit)s;
