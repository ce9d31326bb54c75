-- grain: one account, heading or sum of a chart of accounts
-- reads: staging.economic_accounts
-- writes: core.account
-- sign and currency: none
select
    c.payload ->> 'accountNumber' as account_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'accountNumber') as name,
    case
        when c.payload ->> 'accountType' in (
            'profitAndLoss', 'status', 'totalFrom', 'heading', 'headingStart', 'sumInterval', 'sumAlpha'
        )
        -- camelCase to snake_case
        then lower(regexp_replace(c.payload ->> 'accountType', '([A-Z])', '_\1', 'g'))
        else 'other_' || (c.payload ->> 'accountType')
    end as account_type,
    case c.payload ->> 'accountType'
        when 'status' then true
        when 'profitAndLoss' then false
    end as is_balance_sheet,
    (c.payload ->> 'accountNumber')::bigint as sort_key,
    c.payload ->> 'debitCredit' = 'credit' as is_credit,
    c.is_deleted
from changed as c
