-- grain: one payment of an invoice
-- reads: staging.moneybird_sales_invoices, core.invoice, core.invoice_payment
-- writes: core.invoice_payment
-- sign and currency: positive: less of the invoice is open; in its currency, base in base currency
with own as materialized (
    select
        t.invoice_number,
        c.payload,
        t.is_deleted
    from changed as c
    -- Looked up one by one: Postgres knows nothing of a table that has just been filled.
    cross join lateral (
        select
            i.invoice_number,
            i.is_deleted
        from core.invoice as i
        where i.agreement_id = %(agreement_id)s
            and i.document_number = c.source_key
        offset 0
    ) as t
)

select
    o.invoice_number,
    e.payment ->> 'id' as payment_id,
    (e.payment ->> 'payment_date')::date as date,
    (e.payment ->> 'price')::numeric(19, 4) as amount,
    (e.payment ->> 'price_base')::numeric(19, 4) as amount_base,
    e.payment ->> 'ledger_account_id' as account_number,
    e.payment ->> 'financial_account_id' as financial_account_number,
    e.payment ->> 'financial_mutation_id' as financial_mutation_number,
    false as is_deleted
from own as o
cross join lateral jsonb_array_elements(case jsonb_typeof(o.payload -> 'payments') when 'array' then o.payload -> 'payments' else '[]' end) as e (payment)
where not o.is_deleted
union all
-- What an invoice no longer has.
select
    t.invoice_number,
    t.payment_id,
    t.date,
    t.amount,
    t.amount_base,
    t.account_number,
    t.financial_account_number,
    t.financial_mutation_number,
    true as is_deleted
from own as o
inner join core.invoice_payment as t
    on t.agreement_id = %(agreement_id)s
    and t.invoice_number = o.invoice_number
where not t.is_deleted
    and (o.is_deleted or t.payment_id not in (
        select e.payment ->> 'id'
        from jsonb_array_elements(case jsonb_typeof(o.payload -> 'payments') when 'array' then o.payload -> 'payments' else '[]' end) as e (payment)
    ))
