-- grain: one period of an accounting year (the vendor numbers them through all years)
-- reads: staging.economic_periods
-- writes: core.period
-- sign and currency: none
select
    c.source_key,
    c.payload ->> 'year' as accounting_year,
    left(c.payload ->> 'dateFrom', 10)::date as start_date,
    left(c.payload ->> 'dateTo', 10)::date as end_date,
    coalesce((c.payload ->> 'isClosed')::boolean, false) as is_closed,
    c.is_deleted
from changed as c
