-- grain: one period of an accounting year of an agreement
-- reads: core.period, core.accounting_year (all of them: a period's number depends on its year)
-- writes: core.key_map, mart.dim_period
-- sign and currency: none
-- again with: core.period, core.accounting_year
-- key order: start_date
select
    c.source_key as period_key,
    c.accounting_year,
    -- Those of closing entries come after the others, whenever they begin.
    row_number() over (
        partition by c.accounting_year
        order by c.is_adjustment, c.start_date, length(c.source_key), c.source_key
    ) as period,
    c.start_date,
    c.end_date,
    c.is_closed or coalesce(y.is_closed, false) as is_closed,
    c.is_adjustment
from core.period as c
left join core.accounting_year as y
    on y.agreement_id = c.agreement_id
    and y.accounting_year = c.accounting_year
    and not y.is_deleted
where c.agreement_id = %(agreement_id)s
    -- A period the vendor no longer has cannot hold entries: its days belong to another one.
    and not c.is_deleted
