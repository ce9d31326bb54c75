-- grain: one account
-- reads: staging.example_vendor_accounts
-- writes: core.account
-- sign and currency: none
select
    c.payload ->> 'account_code' as account_number,
    c.payload ->> 'title' as name,
    c.payload ->> 'kind' as account_type,
    c.payload ->> 'kind' in ('asset', 'liability', 'equity') as is_balance_sheet,
    -- The chart is in order of the digits: A-1000, L-2000.
    regexp_replace(c.payload ->> 'account_code', '[^0-9]', '', 'g')::bigint as sort_key,
    c.is_deleted
from changed as c
