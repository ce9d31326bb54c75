-- grain: one bank account or cash book
-- reads: staging.moneybird_financial_accounts
-- writes: core.financial_account
-- sign and currency: none
select
    c.source_key as financial_account_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), nullif(btrim(c.payload ->> 'identifier'), ''), c.source_key) as name,
    nullif(c.payload ->> 'identifier', '') as identifier,
    nullif(c.payload ->> 'currency', '') as currency,
    coalesce((c.payload ->> 'active')::boolean, true) as is_active,
    c.is_deleted
from changed as c
