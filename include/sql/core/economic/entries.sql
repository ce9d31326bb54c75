-- grain: one posted ledger line
-- reads: staging.economic_entries
-- writes: core.ledger_entry
-- sign and currency: as the vendor: debit positive; amount in currency (NULL = base), amount_base in base
with changed as (
    select
        s.agreement_id,
        s.source_key,
        s.payload,
        s.deleted_at
    from staging.economic_entries as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
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
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.ledger_entry as t (
    agreement_id, entry_number, voucher_number, entry_type, date, account_number, customer_number,
    supplier_number, project_number, vat_code, text, currency, amount, amount_base, due_date,
    remainder, invoice_number, is_deleted, change_seq
)
select
    agreement_id, entry_number, voucher_number, entry_type, date, account_number, customer_number,
    supplier_number, project_number, vat_code, text, currency, amount, amount_base, due_date,
    remainder, invoice_number, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, entry_number) do update set
    voucher_number = excluded.voucher_number,
    entry_type = excluded.entry_type,
    date = excluded.date,
    account_number = excluded.account_number,
    customer_number = excluded.customer_number,
    supplier_number = excluded.supplier_number,
    project_number = excluded.project_number,
    vat_code = excluded.vat_code,
    text = excluded.text,
    currency = excluded.currency,
    amount = excluded.amount,
    amount_base = excluded.amount_base,
    due_date = excluded.due_date,
    remainder = excluded.remainder,
    invoice_number = excluded.invoice_number,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.voucher_number, t.entry_type, t.date, t.account_number, t.customer_number, t.supplier_number,
    t.project_number, t.vat_code, t.text, t.currency, t.amount, t.amount_base, t.due_date,
    t.remainder, t.invoice_number, t.is_deleted
) is distinct from (
    excluded.voucher_number, excluded.entry_type, excluded.date, excluded.account_number,
    excluded.customer_number, excluded.supplier_number, excluded.project_number, excluded.vat_code,
    excluded.text, excluded.currency, excluded.amount, excluded.amount_base, excluded.due_date,
    excluded.remainder, excluded.invoice_number, excluded.is_deleted
);
