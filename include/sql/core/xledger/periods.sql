-- grain: one period of a fiscal year; one that lies inside an earlier period of its year is for closing entries
-- reads: staging.xledger_periods
-- writes: core.period
-- sign and currency: none
select
    c.source_key,
    c.payload ->> 'fiscalYear' as accounting_year,
    left(c.payload ->> 'fromDate', 10)::date as start_date,
    left(c.payload ->> 'toDate', 10)::date as end_date,
    coalesce(c.payload -> 'periodStatus' ->> 'name' = 'CLOSED', false) as is_closed,
    exists (
        select
        from records as o
        where not o.is_deleted
            and o.source_key <> c.source_key
            and o.payload ->> 'fiscalYear' = c.payload ->> 'fiscalYear'
            and (o.payload ->> 'fiscalPeriod')::integer < (c.payload ->> 'fiscalPeriod')::integer
            and left(o.payload ->> 'fromDate', 10) <= left(c.payload ->> 'fromDate', 10)
            and left(o.payload ->> 'toDate', 10) >= left(c.payload ->> 'toDate', 10)
    ) as is_adjustment,
    c.is_deleted
from changed as c
