-- grain: one payment of a receipt
-- reads: staging.moneybird_receipts, core.purchase_document, core.purchase_document_payment
-- writes: core.purchase_document_payment
-- sign and currency: positive: that much less is owed; in the document's currency, base in base currency
with own as materialized (
    select
        c.source_key,
        c.payload,
        c.is_deleted
    from changed as c
    -- Of a document that has become one of the other kind nothing is said here. Looked up one by one: Postgres knows nothing
    -- of a table that has just been filled.
    where (
        select d.kind
        from core.purchase_document as d
        where d.agreement_id = %(agreement_id)s
            and d.document_number = c.source_key
    ) = 'receipt'
)

select
    o.source_key as document_number,
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
-- What a document no longer has.
select
    t.document_number,
    t.payment_id,
    t.date,
    t.amount,
    t.amount_base,
    t.account_number,
    t.financial_account_number,
    t.financial_mutation_number,
    true as is_deleted
from own as o
inner join core.purchase_document_payment as t
    on t.agreement_id = %(agreement_id)s
    and t.document_number = o.source_key
where not t.is_deleted
    and (o.is_deleted or t.payment_id not in (
        select e.payment ->> 'id'
        from jsonb_array_elements(case jsonb_typeof(o.payload -> 'payments') when 'array' then o.payload -> 'payments' else '[]' end) as e (payment)
    ))
