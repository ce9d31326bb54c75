-- grain: one line of a journal that is not booked
-- reads: staging.economic_draft_entries
-- writes: core.draft_entry
-- sign and currency: as the vendor: debit positive; amount in currency; rate is base currency per 100
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_draft_entries as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'entryNumber' as draft_number,
        c.payload ->> 'journalNumber' as journal_number,
        c.payload ->> 'voucherNumber' as voucher_number,
        case (c.payload ->> 'entryTypeNumber')::integer
            when 2 then 'customer_payment'
            when 3 then 'supplier_invoice'
            when 4 then 'supplier_payment'
            when 5 then 'finance_voucher'
            when 10 then 'manual_debtor_invoice'
        end as entry_type,
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
        (c.payload ->> 'exchangeRate')::numeric(18, 8) as exchange_rate,
        left(c.payload ->> 'dueDate', 10)::date as due_date,
        coalesce(
            nullif(c.payload ->> 'customerInvoiceNumber', ''),
            nullif(c.payload ->> 'supplierInvoiceNumber', '')
        ) as invoice_number,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.draft_entry as t (
    agreement_id, draft_number, journal_number, voucher_number, entry_type, date, account_number,
    contra_account_number, customer_number, supplier_number, project_number, vat_code, text,
    currency, amount, exchange_rate, due_date, invoice_number, is_deleted, change_seq
)
select
    agreement_id, draft_number, journal_number, voucher_number, entry_type, date, account_number,
    contra_account_number, customer_number, supplier_number, project_number, vat_code, text,
    currency, amount, exchange_rate, due_date, invoice_number, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, draft_number) do update set
    journal_number = excluded.journal_number,
    voucher_number = excluded.voucher_number,
    entry_type = excluded.entry_type,
    date = excluded.date,
    account_number = excluded.account_number,
    contra_account_number = excluded.contra_account_number,
    customer_number = excluded.customer_number,
    supplier_number = excluded.supplier_number,
    project_number = excluded.project_number,
    vat_code = excluded.vat_code,
    text = excluded.text,
    currency = excluded.currency,
    amount = excluded.amount,
    exchange_rate = excluded.exchange_rate,
    due_date = excluded.due_date,
    invoice_number = excluded.invoice_number,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.journal_number, t.voucher_number, t.entry_type, t.date, t.account_number,
    t.contra_account_number, t.customer_number, t.supplier_number, t.project_number, t.vat_code,
    t.text, t.currency, t.amount, t.exchange_rate, t.due_date, t.invoice_number, t.is_deleted
) is distinct from (
    excluded.journal_number, excluded.voucher_number, excluded.entry_type, excluded.date,
    excluded.account_number, excluded.contra_account_number, excluded.customer_number,
    excluded.supplier_number, excluded.project_number, excluded.vat_code, excluded.text,
    excluded.currency, excluded.amount, excluded.exchange_rate, excluded.due_date,
    excluded.invoice_number, excluded.is_deleted
);
