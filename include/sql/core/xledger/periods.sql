-- grain: one period of a fiscal year; one that is no month and shares days with a month is for closing entries, or one that lies inside another of its kind
-- reads: staging.xledger_periods, core.period
-- writes: core.period
-- sign and currency: none
-- All periods of a year are looked at again when one of them changes, comes or leaves.
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
            and case
                -- A month is no closing period of what is none.
                when (o.payload ->> 'fiscalPeriod')::numeric not between 1 and 12
                    and (c.payload ->> 'fiscalPeriod')::numeric between 1 and 12 then false
                when (c.payload ->> 'fiscalPeriod')::numeric not between 1 and 12
                    and (o.payload ->> 'fiscalPeriod')::numeric between 1 and 12
                    then left(o.payload ->> 'fromDate', 10) <= left(c.payload ->> 'toDate', 10)
                        and left(o.payload ->> 'toDate', 10) >= left(c.payload ->> 'fromDate', 10)
                else left(o.payload ->> 'fromDate', 10) <= left(c.payload ->> 'fromDate', 10)
                    and left(o.payload ->> 'toDate', 10) >= left(c.payload ->> 'toDate', 10)
                    -- Of two with the same days the later one.
                    and (
                        (left(o.payload ->> 'fromDate', 10), left(o.payload ->> 'toDate', 10))
                            <> (left(c.payload ->> 'fromDate', 10), left(c.payload ->> 'toDate', 10))
                        or ((o.payload ->> 'fiscalPeriod')::numeric, o.source_key)
                            < ((c.payload ->> 'fiscalPeriod')::numeric, c.source_key)
                    )
            end
    ) as is_adjustment,
    c.is_deleted
from records as c
where c.payload ->> 'fiscalYear' in (
    select c.payload ->> 'fiscalYear'
    from changed as c
    union
    select p.accounting_year
    from changed as c
    inner join core.period as p
        on p.agreement_id = %(agreement_id)s
        and p.source_key = c.source_key
)
