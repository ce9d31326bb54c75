-- grain: one invoice that is not booked
-- reads: staging.economic_draft_invoices
-- writes: core.draft_invoice
-- sign and currency: as the vendor: in currency, base in base currency; rate is base currency per 100
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_draft_invoices as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'draftInvoiceNumber' as draft_number,
        left(c.payload ->> 'date', 10)::date as date,
        left(c.payload ->> 'dueDate', 10)::date as due_date,
        c.payload -> 'customer' ->> 'customerNumber' as customer_number,
        c.payload ->> 'currency' as currency,
        (c.payload ->> 'exchangeRate')::numeric(18, 8) as exchange_rate,
        (c.payload ->> 'netAmount')::numeric(19, 4) as net_amount,
        (c.payload ->> 'netAmountInBaseCurrency')::numeric(19, 4) as net_amount_base,
        (c.payload ->> 'grossAmount')::numeric(19, 4) as gross_amount,
        (c.payload ->> 'grossAmountInBaseCurrency')::numeric(19, 4) as gross_amount_base,
        (c.payload ->> 'vatAmount')::numeric(19, 4) as vat_amount,
        (c.payload ->> 'roundingAmount')::numeric(19, 4) as rounding_amount,
        c.payload -> 'paymentTerms' ->> 'paymentTermsNumber' as payment_terms_number,
        (c.payload ->> 'costPriceInBaseCurrency')::numeric(19, 4) as cost_base,
        (c.payload ->> 'marginInBaseCurrency')::numeric(19, 4) as margin_base,
        c.payload -> 'references' -> 'salesPerson' ->> 'employeeNumber' as sales_person_number,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.draft_invoice as t (
    agreement_id, draft_number, date, due_date, customer_number, currency, exchange_rate,
    net_amount, net_amount_base, gross_amount, gross_amount_base, vat_amount, rounding_amount,
    payment_terms_number, cost_base, margin_base, sales_person_number, is_deleted, change_seq
)
select
    agreement_id, draft_number, date, due_date, customer_number, currency, exchange_rate,
    net_amount, net_amount_base, gross_amount, gross_amount_base, vat_amount, rounding_amount,
    payment_terms_number, cost_base, margin_base, sales_person_number, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, draft_number) do update set
    date = excluded.date,
    due_date = excluded.due_date,
    customer_number = excluded.customer_number,
    currency = excluded.currency,
    exchange_rate = excluded.exchange_rate,
    net_amount = excluded.net_amount,
    net_amount_base = excluded.net_amount_base,
    gross_amount = excluded.gross_amount,
    gross_amount_base = excluded.gross_amount_base,
    vat_amount = excluded.vat_amount,
    rounding_amount = excluded.rounding_amount,
    payment_terms_number = excluded.payment_terms_number,
    cost_base = excluded.cost_base,
    margin_base = excluded.margin_base,
    sales_person_number = excluded.sales_person_number,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.date, t.due_date, t.customer_number, t.currency, t.exchange_rate, t.net_amount,
    t.net_amount_base, t.gross_amount, t.gross_amount_base, t.vat_amount, t.rounding_amount,
    t.payment_terms_number, t.cost_base, t.margin_base, t.sales_person_number, t.is_deleted
) is distinct from (
    excluded.date, excluded.due_date, excluded.customer_number, excluded.currency,
    excluded.exchange_rate, excluded.net_amount, excluded.net_amount_base, excluded.gross_amount,
    excluded.gross_amount_base, excluded.vat_amount, excluded.rounding_amount,
    excluded.payment_terms_number, excluded.cost_base, excluded.margin_base,
    excluded.sales_person_number, excluded.is_deleted
);
