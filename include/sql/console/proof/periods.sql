-- grain: one period of an accounting year
-- reads: mart.dim_period
-- writes: nothing
-- sign and currency: none
select
    p.period,
    p.accounting_year || ' P' || lpad(p.period::text, 2, '0') as label,
    p.start_date,
    p.end_date,
    p.is_adjustment
from mart.dim_period as p
where p.agreement_key = %(agreement_key)s
    and p.accounting_year = %(year)s
order by p.period;
