-- grain: one account of a chart of accounts, by its code
-- reads: staging.xledger_accounts, core.agreement
-- writes: core.account
-- sign and currency: none
-- A group's chart and the entity's own may both have a code: the entity's own counts, else the older one.
select distinct on (s.payload ->> 'code')
    s.payload ->> 'code' as account_number,
    coalesce(s.payload ->> 'description', s.payload ->> 'code') as name,
    case
        when (s.payload ->> 'group')::boolean then 'heading'
        when (s.payload ->> 'balanceSheet')::boolean then 'status'
        else 'profit_and_loss'
    end as account_type,
    case
        when not coalesce((s.payload ->> 'group')::boolean, false)
        then coalesce((s.payload ->> 'balanceSheet')::boolean, false)
    end as is_balance_sheet,
    s.payload -> 'accountGroup' ->> 'description' as section,
    case
        when s.payload ->> 'code' ~ '^[0-9]{1,18}$' then (s.payload ->> 'code')::bigint
        else 9223372036854775807
    end as sort_key,
    s.is_deleted as is_deleted
from changed as c
inner join records as s
    on s.payload ->> 'code' = c.payload ->> 'code'
left join core.agreement as g on g.agreement_id = %(agreement_id)s
order by
    s.payload ->> 'code',
    s.is_deleted,
    s.payload ->> 'ownerDbId' is distinct from g.agreement_number,
    s.source_key::numeric
