-- grain: one account of a chart of accounts, by its code
-- reads: staging.xledger_accounts, core.agreement, core.account
-- writes: core.account
-- sign and currency: none
-- A group's chart and the entity's own may both have a code: the entity's own counts, else the older one.
-- A code may have been another record's before: those that no record has any more are looked at again, too.
with affected as (
    select c.payload ->> 'code' as code
    from changed as c
    union
    select t.account_number as code
    from core.account as t
    where t.agreement_id = %(agreement_id)s
        and not t.is_deleted
        and not exists (
            select
            from records as r
            where not r.is_deleted
                and r.payload ->> 'code' = t.account_number
        )
)

(
    select distinct on (s.payload ->> 'code')
        s.payload ->> 'code' as account_number,
        coalesce(nullif(btrim(s.payload ->> 'description'), ''), s.payload ->> 'code') as name,
        case
            when (s.payload ->> 'group')::boolean then 'heading'
            when k.is_balance_sheet then 'status'
            when not k.is_balance_sheet then 'profit_and_loss'
            else 'other'
        end as account_type,
        case
            when not coalesce((s.payload ->> 'group')::boolean, false) then k.is_balance_sheet
        end as is_balance_sheet,
        s.payload -> 'accountGroup' ->> 'description' as section,
        case
            when s.payload ->> 'code' ~ '^[0-9]{1,18}$' then (s.payload ->> 'code')::bigint
            else 9223372036854775807
        end as sort_key,
        case
            when (s.payload ->> 'revenue')::boolean
                or (s.payload ->> 'liabilities')::boolean
                or (s.payload ->> 'equity')::boolean
            then true
            when (s.payload ->> 'cost')::boolean or (s.payload ->> 'asset')::boolean then false
            else (s.payload ->> 'credit')::boolean
        end as is_credit,
        s.is_deleted as is_deleted
    from records as s
    inner join affected as c on c.code = s.payload ->> 'code'
    left join core.agreement as g on g.agreement_id = %(agreement_id)s
    cross join lateral (
        select
            coalesce(
                (s.payload ->> 'balanceSheet')::boolean,
                case
                    when (s.payload ->> 'asset')::boolean
                        or (s.payload ->> 'liabilities')::boolean
                        or (s.payload ->> 'equity')::boolean
                    then true
                    when (s.payload ->> 'revenue')::boolean or (s.payload ->> 'cost')::boolean then false
                end
            ) as is_balance_sheet
    ) as k
    order by
        s.payload ->> 'code',
        s.is_deleted,
        s.payload ->> 'ownerDbId' is distinct from g.agreement_number,
        s.source_key::numeric
)
union all
-- A code that no record has, not even a deleted one.
select
    t.account_number,
    t.name,
    t.account_type,
    t.is_balance_sheet,
    t.section,
    t.sort_key,
    t.is_credit,
    true as is_deleted
from core.account as t
where t.agreement_id = %(agreement_id)s
    and t.account_number not in (select r.payload ->> 'code' from records as r where r.payload ->> 'code' is not null)
