-- grain: one account, heading or sum of an agreement, or an account that only a budget knows, or knew
-- reads: core.account (the whole chart: a place in the statement depends on the neighbours), core.budget, core.account_mapping, core.vat, core.key_map
-- writes: core.key_map, mart.dim_account
-- sign and currency: none
-- again with: core.account, core.account_mapping, core.budget, core.vat
-- key order: sort_order
-- followed for: account_number, name, is_credit, is_budget_only, is_deleted
with budgeted as (
    select
        b.account_number,
        coalesce(min(b.account_name), b.account_number) as name
    from core.budget as b
    where b.agreement_id = %(agreement_id)s
        and not b.is_deleted
        and not exists (
            select
            from core.account as c
            where c.agreement_id = b.agreement_id
                and coalesce(c.code, c.account_number) = b.account_number
        )
    group by b.account_number
),

known as (
    select
        c.account_number,
        coalesce(c.code, c.account_number) as shown_number,
        c.name,
        c.account_type,
        c.is_balance_sheet,
        c.section,
        c.sort_key,
        c.is_credit,
        c.role,
        false as is_budget_only,
        c.is_deleted
    from core.account as c
    where c.agreement_id = %(agreement_id)s
    union all
    select
        b.account_number,
        b.account_number as shown_number,
        b.name,
        'budget_only' as account_type,
        null as is_balance_sheet,
        null as section,
        9223372036854775807 as sort_key,
        null as is_credit,
        null as role,
        true as is_budget_only,
        b.is_deleted
    from (
        select
            o.account_number,
            o.name,
            false as is_deleted
        from budgeted as o
        union all
        -- Once named, an account stays: something may be posted on it.
        select
            k.source_key as account_number,
            k.source_key as name,
            true as is_deleted
        from core.key_map as k
        where k.agreement_id = %(agreement_id)s
            and k.kind = 'account'
            and k.source_key not in (select o.account_number from budgeted as o)
            and not exists (
                select
                from core.account as c
                where c.agreement_id = k.agreement_id
                    and k.source_key in (c.account_number, c.code)
            )
    ) as b
),

chart as (
    select
        c.account_number,
        c.shown_number,
        c.name,
        c.account_type,
        c.is_balance_sheet,
        c.section,
        c.is_credit,
        c.role,
        c.is_budget_only,
        c.is_deleted,
        -- A type that the vendor adds may be posted on.
        c.account_type not in ('heading', 'heading_start', 'sum_interval', 'sum_alpha', 'total_from') as has_postings,
        row_number() over (order by c.sort_key, c.shown_number, c.account_number) as sort_order,
        count(*) filter (where c.account_type in ('heading', 'heading_start') and not c.is_deleted)
            over (order by c.sort_key, c.shown_number, c.account_number) as section_number
    from known as c
),

-- With reverse charge a code posts on two accounts, of which one may have no code of its own.
vat_accounts as (
    select v.account_number
    from core.vat as v
    where v.agreement_id = %(agreement_id)s
    union
    select v.contra_account_number as account_number
    from core.vat as v
    where v.agreement_id = %(agreement_id)s
),

rules as (
    select
        m.low,
        m.high,
        case
            when m.low = '' then 'infinity'::numeric
            when m.low = m.high then 1
            else m.high::numeric - m.low::numeric + 1
        end as width,
        m.group_account_number,
        m.group_account_name,
        m.report_line
    from core.account_mapping as m
    where m.agreement_id = %(agreement_id)s
        and not m.is_deleted
)

select
    c.account_number as account_key,
    c.shown_number as account_number,
    c.name,
    c.account_type,
    c.is_balance_sheet,
    coalesce(
        c.section,
        case
            when c.section_number > 0 and not c.is_budget_only
            then first_value(c.name) over (partition by c.section_number order by c.sort_order)
        end
    ) as section,
    c.sort_order,
    c.is_credit,
    -- Of vendors whose codes name no account, what the tax and its settlement are posted on.
    exists (select from vat_accounts as v where v.account_number = c.shown_number)
    or coalesce(c.role in ('input_tax', 'output_tax', 'settled_tax', 'tax'), false) as is_vat,
    c.is_budget_only,
    case when u.is_unmapped then '-2' else r.group_account_number end as group_account_number,
    case when u.is_unmapped then 'Unmapped' else r.group_account_name end as group_account_name,
    case when u.is_unmapped then 'Unmapped' else r.report_line end as report_line,
    c.is_deleted
from chart as c
-- Headings and sums have no postings, and nothing to be mapped.
left join lateral (
    select
        m.group_account_number,
        m.group_account_name,
        m.report_line
    from rules as m
    where c.has_postings
        and (
            m.low in ('', upper(c.shown_number))
            or (
                -- A range holds accounts of as many digits as its ends have.
                m.low <> m.high
                and length(c.shown_number) = length(m.low)
                and c.shown_number ~ '^[0-9]+$'
                and c.shown_number between m.low and m.high
            )
        )
    order by m.width
    limit 1
) as r on true
cross join lateral (
    select
        r.group_account_number is null
        and c.has_postings
        and exists (select from rules) as is_unmapped
) as u
