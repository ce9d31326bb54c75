-- grain: one line of a journal that is not booked
-- reads: staging.economic_draft_entries
-- writes: core.draft_entry
-- sign and currency: as the vendor: debit positive; amount in currency; rate is base currency per 100
select
    c.payload ->> 'entryNumber' as draft_number,
    c.payload ->> 'journalNumber' as journal_number,
    c.payload ->> 'voucherNumber' as voucher_number,
    coalesce(w.entry_type, 'other_' || (c.payload ->> 'entryTypeNumber')) as entry_type,
    coalesce(w.event_type, 'other') as event_type,
    left(c.payload ->> 'date', 10)::date as date,
    c.payload ->> 'accountNumber' as account_number,
    c.payload ->> 'contraAccountNumber' as contra_account_number,
    c.payload ->> 'customerNumber' as customer_number,
    c.payload ->> 'supplierNumber' as supplier_number,
    c.payload ->> 'projectNumber' as project_number,
    nullif(c.payload ->> 'vatCode', '') as vat_code,
    nullif(c.payload ->> 'text', '') as text,
    nullif(c.payload ->> 'currency', '') as currency,
    (c.payload ->> 'amount')::numeric(19, 4) as amount,
    nullif((c.payload ->> 'exchangeRate')::numeric, 0) as exchange_rate,
    left(c.payload ->> 'dueDate', 10)::date as due_date,
    coalesce(
        nullif(c.payload ->> 'customerInvoiceNumber', ''),
        nullif(c.payload ->> 'supplierInvoiceNumber', '')
    ) as invoice_number,
    c.is_deleted
from changed as c
left join (
    values
        (2, 'customer_payment', 'payment'),
        (3, 'supplier_invoice', 'supplier_invoice'),
        (4, 'supplier_payment', 'payment'),
        (5, 'finance_voucher', 'journal_entry'),
        (10, 'manual_debtor_invoice', 'sales_invoice')
) as w (type, entry_type, event_type) on w.type = (c.payload ->> 'entryTypeNumber')::integer
