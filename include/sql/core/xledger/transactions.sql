-- grain: one posted ledger line
-- reads: staging.xledger_transactions
-- writes: core.ledger_entry
-- sign and currency: as the vendor: debit positive; amount in currency, amount_base in base
select
    c.source_key as entry_number,
    c.payload -> 'header' ->> 'transactionNumber' as voucher_number,
    coalesce(
        w.entry_type, 'other_' || nullif(btrim(c.payload -> 'header' -> 'transactionSource' ->> 'code'), ''), 'other'
    ) as entry_type,
    coalesce(w.event_type, 'other') as event_type,
    coalesce(w.event_type = 'opening_balance', false) as is_opening,
    false as is_carried_forward,
    false as is_booked_invoice,
    left(c.payload -> 'header' ->> 'postedDate', 10)::date as date,
    c.payload -> 'account' ->> 'code' as account_number,
    c.payload -> 'taxRule' ->> 'code' as vat_code,
    nullif(c.payload ->> 'text', '') as text,
    c.payload -> 'currency' ->> 'code' as currency,
    coalesce((c.payload ->> 'invoiceAmount')::numeric(19, 4), (c.payload ->> 'amount')::numeric(19, 4)) as amount,
    (c.payload ->> 'amount')::numeric(19, 4) as amount_base,
    c.payload -> 'period' ->> 'dbId' as period_source_key,
    c.is_deleted
from changed as c
left join (
    values
        ('AR', 'customer_invoice', 'sales_invoice'),
        ('AP', 'supplier_invoice', 'supplier_invoice'),
        ('BANK', 'payment', 'payment'),
        ('GL', 'finance_voucher', 'journal_entry'),
        ('OB', 'opening_entry', 'opening_balance')
) as w (code, entry_type, event_type) on w.code = c.payload -> 'header' -> 'transactionSource' ->> 'code'
