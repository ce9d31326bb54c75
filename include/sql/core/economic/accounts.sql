-- grain: one account, heading or sum of a chart of accounts
-- reads: staging.economic_accounts
-- writes: core.account
-- sign and currency: none
select
    c.payload ->> 'accountNumber' as account_number,
    c.payload ->> 'name' as name,
    -- camelCase to snake_case
    lower(regexp_replace(c.payload ->> 'accountType', '([A-Z])', '_\1', 'g')) as account_type,
    case c.payload ->> 'accountType'
        when 'status' then true
        when 'profitAndLoss' then false
    end as is_balance_sheet,
    (c.payload ->> 'accountNumber')::bigint as sort_key,
    c.is_deleted
from changed as c
