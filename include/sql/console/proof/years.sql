-- grain: one accounting year of an agreement, the newest first
-- reads: mart.dim_period
-- writes: nothing
-- sign and currency: none
select
    p.accounting_year,
    min(p.start_date) as start_date,
    max(p.end_date) as end_date,
    bool_and(p.is_closed) as is_closed
from mart.dim_period as p
where p.agreement_key = %(agreement_key)s
    and p.accounting_year is not null
group by p.accounting_year
order by min(p.start_date) desc;
