-- grain: one posted ledger line
-- reads: staging.economic_entries
-- writes: core.ledger_entry
-- sign and currency: as the vendor: debit positive; amount in currency (NULL = base), amount_base in base
select
    c.source_key as entry_number,
    c.payload ->> 'voucherNumber' as voucher_number,
    case (c.payload ->> 'type')::integer
        when 1 then 'customer_invoice'
        when 2 then 'customer_payment'
        when 3 then 'supplier_invoice'
        when 4 then 'supplier_payment'
        when 5 then 'finance_voucher'
        when 6 then 'reminder'
        when 7 then 'opening_entry'
        when 8 then 'transferred_opening_entry'
        when 9 then 'system_entry'
        when 10 then 'manual_debtor_invoice'
    end as entry_type,
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
