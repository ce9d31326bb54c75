-- grain: one posted ledger line
-- reads: staging.example_vendor_postings
-- writes: core.ledger_entry
-- sign and currency: as the vendor: debit positive; amount in currency, amount_base in base currency
select
    c.source_key as entry_number,
    c.payload ->> 'voucher' as voucher_number,
    c.payload ->> 'journal_code' as journal_number,
    c.payload ->> 'kind' as entry_type,
    coalesce(w.event_type, 'other') as event_type,
    c.payload ->> 'kind' = 'opening' as is_opening,
    false as is_carried_forward,
    false as is_booked_invoice,
    (c.payload ->> 'posted_on')::date as date,
    c.payload ->> 'account_code' as account_number,
    c.payload ->> 'contact_id' as customer_number,
    c.payload ->> 'description' as text,
    c.payload ->> 'currency' as currency,
    (c.payload ->> 'amount')::numeric(19, 4) as amount,
    (c.payload ->> 'base_amount')::numeric(19, 4) as amount_base,
    (c.payload ->> 'due_on')::date as due_date,
    (c.payload ->> 'open_amount')::numeric(19, 4) as remainder,
    c.is_deleted
from changed as c
left join (
    values
        ('opening', 'opening_balance'),
        ('sale', 'sales_invoice'),
        ('purchase', 'supplier_invoice'),
        ('receipt', 'payment'),
        ('payment', 'payment'),
        ('memo', 'journal_entry')
) as w (kind, event_type) on w.kind = c.payload ->> 'kind'
