-- grain: one account, heading or sum of an agreement
-- reads: core.account (the whole chart: a place in the statement depends on the neighbours)
-- writes: core.key_map, mart.dim_account
-- sign and currency: none
-- again with: core.account
-- key order: sort_order
with chart as (
    select
        c.account_number,
        c.name,
        c.account_type,
        c.is_balance_sheet,
        c.section,
        c.is_deleted,
        row_number() over (order by c.sort_key, c.account_number) as sort_order,
        count(*) filter (where c.account_type in ('heading', 'heading_start') and not c.is_deleted)
            over (order by c.sort_key, c.account_number) as section_number
    from core.account as c
    where c.agreement_id = %(agreement_id)s
)

select
    c.account_number as account_key,
    c.account_number,
    c.name,
    c.account_type,
    c.is_balance_sheet,
    coalesce(
        c.section,
        case
            when c.section_number > 0
            then first_value(c.name) over (partition by c.section_number order by c.sort_order)
        end
    ) as section,
    c.sort_order,
    c.is_deleted
from chart as c
