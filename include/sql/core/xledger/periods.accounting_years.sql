-- grain: one fiscal year: what its periods span
-- reads: staging.xledger_periods, core.accounting_year
-- writes: core.accounting_year
-- sign and currency: none
select
    s.payload ->> 'fiscalYear' as accounting_year,
    coalesce(
        min(left(s.payload ->> 'fromDate', 10)::date) filter (where not s.is_deleted),
        min(left(s.payload ->> 'fromDate', 10)::date)
    ) as start_date,
    coalesce(
        max(left(s.payload ->> 'toDate', 10)::date) filter (where not s.is_deleted),
        max(left(s.payload ->> 'toDate', 10)::date)
    ) as end_date,
    coalesce(
        bool_and(coalesce(s.payload -> 'periodStatus' ->> 'name' = 'CLOSED', false))
            filter (where not s.is_deleted),
        false
    ) as is_closed,
    bool_and(s.is_deleted) as is_deleted
from records as s
where s.payload ->> 'fiscalYear' in (
    select c.payload ->> 'fiscalYear'
    from changed as c
    union
    -- A period may have been of another year before.
    select y.accounting_year
    from core.accounting_year as y
    where y.agreement_id = %(agreement_id)s
)
group by s.payload ->> 'fiscalYear'
union all
-- A year of which no period is left, not even a deleted one.
select
    y.accounting_year,
    y.start_date,
    y.end_date,
    y.is_closed,
    true as is_deleted
from core.accounting_year as y
where y.agreement_id = %(agreement_id)s
    and y.accounting_year not in (select s.payload ->> 'fiscalYear' from records as s)
