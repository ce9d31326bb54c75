-- grain: one posted ledger line
-- reads: staging.economic_entries
-- writes: core.ledger_entry
-- sign and currency: as the vendor: debit positive; amount in currency (NULL = base), amount_base in base
select
    c.source_key as entry_number,
    c.payload ->> 'voucherNumber' as voucher_number,
    coalesce(w.entry_type, 'other_' || (c.payload ->> 'type')) as entry_type,
    coalesce(w.event_type, 'other') as event_type,
    coalesce(w.event_type = 'opening_balance', false) as is_opening,
    coalesce(w.entry_type = 'transferred_opening_entry', false) as is_carried_forward,
    coalesce(w.entry_type = 'customer_invoice', false) as is_booked_invoice,
    left(c.payload ->> 'date', 10)::date as date,
    c.payload ->> 'accountNumber' as account_number,
    c.payload ->> 'customerNumber' as customer_number,
    c.payload ->> 'supplierNumber' as supplier_number,
    c.payload ->> 'projectNumber' as project_number,
    nullif(c.payload ->> 'vatAccountNumber', '') as vat_code,
    nullif(c.payload ->> 'text', '') as text,
    nullif(c.payload ->> 'currencyCode', '') as currency,
    (c.payload ->> 'amount')::numeric(19, 4) as amount,
    (c.payload ->> 'amountInBaseCurrency')::numeric(19, 4) as amount_base,
    left(c.payload ->> 'dueDate', 10)::date as due_date,
    (c.payload ->> 'remainder')::numeric(19, 4) as remainder,
    coalesce(
        nullif(c.payload ->> 'customerInvoiceNumber', ''),
        nullif(c.payload ->> 'supplierInvoiceNumber', '')
    ) as invoice_number,
    c.is_deleted
from changed as c
left join (
    values
        (1, 'customer_invoice', 'sales_invoice'),
        (2, 'customer_payment', 'payment'),
        (3, 'supplier_invoice', 'supplier_invoice'),
        (4, 'supplier_payment', 'payment'),
        (5, 'finance_voucher', 'journal_entry'),
        (6, 'reminder', 'reminder'),
        (7, 'opening_entry', 'opening_balance'),
        (8, 'transferred_opening_entry', 'opening_balance'),
        (9, 'system_entry', 'system'),
        (10, 'manual_debtor_invoice', 'sales_invoice')
) as w (type, entry_type, event_type) on w.type = (c.payload ->> 'type')::integer
