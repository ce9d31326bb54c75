-- grain: one invoice that is not paid
-- reads: staging.economic_unpaid_invoices
-- writes: core.open_invoice
-- sign and currency: as the vendor: in currency, base in base currency; rate is base currency per 100
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_unpaid_invoices as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'bookedInvoiceNumber' as invoice_number,
        left(c.payload ->> 'date', 10)::date as date,
        left(c.payload ->> 'dueDate', 10)::date as due_date,
        c.payload -> 'customer' ->> 'customerNumber' as customer_number,
        c.payload ->> 'currency' as currency,
        (c.payload ->> 'remainder')::numeric(19, 4) as remainder,
        (c.payload ->> 'remainderInBaseCurrency')::numeric(19, 4) as remainder_base,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.open_invoice as t (
    agreement_id, invoice_number, date, due_date, customer_number, currency, remainder,
    remainder_base, is_deleted, change_seq
)
select
    agreement_id, invoice_number, date, due_date, customer_number, currency, remainder,
    remainder_base, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, invoice_number) do update set
    date = excluded.date,
    due_date = excluded.due_date,
    customer_number = excluded.customer_number,
    currency = excluded.currency,
    remainder = excluded.remainder,
    remainder_base = excluded.remainder_base,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.date, t.due_date, t.customer_number, t.currency, t.remainder, t.remainder_base, t.is_deleted
) is distinct from (
    excluded.date, excluded.due_date, excluded.customer_number, excluded.currency,
    excluded.remainder, excluded.remainder_base, excluded.is_deleted
);
