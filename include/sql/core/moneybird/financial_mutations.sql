-- grain: one line of a bank statement or a cash book
-- reads: staging.moneybird_financial_mutations
-- writes: core.bank_transaction
-- sign and currency: positive: money came in; in the currency of the bank account
select
    c.source_key as transaction_number,
    c.payload ->> 'financial_account_id' as financial_account_number,
    (c.payload ->> 'date')::date as date,
    nullif(c.payload ->> 'currency', '') as currency,
    (c.payload ->> 'amount')::numeric(19, 4) as amount,
    (c.payload ->> 'amount_open')::numeric(19, 4) as open_amount,
    nullif(c.payload ->> 'message', '') as text,
    nullif(c.payload ->> 'contra_account_name', '') as contra_name,
    c.is_deleted
from changed as c
