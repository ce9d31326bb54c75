-- grain: one accounting year
-- reads: staging.economic_accounting_years
-- writes: core.accounting_year
-- sign and currency: none
select
    c.payload ->> 'year' as accounting_year,
    left(c.payload ->> 'fromDate', 10)::date as start_date,
    left(c.payload ->> 'toDate', 10)::date as end_date,
    coalesce((c.payload ->> 'closed')::boolean, false) as is_closed,
    c.is_deleted
from changed as c
