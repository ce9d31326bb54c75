-- grain: one posting on the account of a supplier
-- reads: staging.xledger_ap_transactions
-- writes: core.payable
-- sign and currency: as the vendor: debit positive; amount and remainder in currency, amount_base in base
select
    c.source_key as entry_number,
    c.payload -> 'transactionHeader' ->> 'transactionNumber' as voucher_number,
    case
        when coalesce(btrim(c.payload -> 'slTransactionType' ->> 'name'), '') = '' then 'other'
        when c.payload -> 'slTransactionType' ->> 'name' in ('INVOICE', 'CREDIT_MEMO')
            or c.payload -> 'slTransactionType' ->> 'name' like '%%PAYMENT%%'
            or c.payload -> 'slTransactionType' ->> 'name' like '%%REMINDER%%'
        then lower(c.payload -> 'slTransactionType' ->> 'name')
        else 'other_' || (c.payload -> 'slTransactionType' ->> 'name')
    end as entry_type,
    case
        when c.payload -> 'slTransactionType' ->> 'name' in ('INVOICE', 'CREDIT_MEMO') then 'supplier_invoice'
        when c.payload -> 'slTransactionType' ->> 'name' like '%%PAYMENT%%' then 'payment'
        when c.payload -> 'slTransactionType' ->> 'name' like '%%REMINDER%%' then 'reminder'
        else 'other'
    end as event_type,
    left(
        coalesce(c.payload -> 'transactionHeader' ->> 'postedDate', c.payload ->> 'invoiceDate'), 10
    )::date as date,
    c.payload -> 'account' ->> 'code' as account_number,
    c.payload ->> 'subledgerDbId' as supplier_number,
    nullif(c.payload ->> 'text', '') as text,
    c.payload -> 'currency' ->> 'code' as currency,
    coalesce((c.payload ->> 'invoiceAmount')::numeric(19, 4), (c.payload ->> 'amount')::numeric(19, 4)) as amount,
    (c.payload ->> 'amount')::numeric(19, 4) as amount_base,
    left(c.payload ->> 'dueDate', 10)::date as due_date,
    (c.payload ->> 'invoiceRemaining')::numeric(19, 4) as remainder,
    nullif(c.payload ->> 'invoiceNumber', '') as invoice_number,
    c.is_deleted
from changed as c
