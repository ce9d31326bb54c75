-- grain: one account in one period: what the vendor says it moved by
-- reads: staging.xledger_account_balances
-- writes: core.account_balance
-- sign and currency: as the vendor: debit positive, base currency
select
    c.source_key,
    c.payload -> 'account' ->> 'code' as account_number,
    c.payload -> 'period' ->> 'dbId' as period_source_key,
    (c.payload ->> 'amount')::numeric(19, 4) as amount_base,
    c.is_deleted
from changed as c
