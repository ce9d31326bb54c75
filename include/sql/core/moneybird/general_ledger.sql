-- grain: one account in one calendar year: what the vendor's report says it moved by
-- reads: staging.moneybird_general_ledger
-- writes: core.account_balance
-- sign and currency: debit positive, base currency
select
    c.source_key,
    c.payload ->> 'ledger_account_id' as account_number,
    c.payload ->> 'year' as period_source_key,
    coalesce((c.payload ->> 'debit_sum')::numeric(19, 4), 0)
        - coalesce((c.payload ->> 'credit_sum')::numeric(19, 4), 0) as amount_base,
    c.is_deleted
from changed as c
