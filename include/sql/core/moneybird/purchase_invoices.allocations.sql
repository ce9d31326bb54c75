-- grain: what of a purchase invoice is private
-- reads: staging.moneybird_purchase_invoices, core.agreement, core.purchase_document, core.purchase_document_allocation
-- writes: core.purchase_document_allocation
-- sign and currency: positive is owed to the supplier; in the document's currency, base in base currency
with own as materialized (
    select
        c.source_key,
        c.payload,
        c.is_deleted,
        t.exchange_rate
    from changed as c
    -- Looked up one by one: Postgres knows nothing of a table that has just been filled.
    cross join lateral (
        select
            d.kind,
            coalesce(
                d.exchange_rate,
                case when coalesce(d.currency, g.base_currency) = g.base_currency then 1 end,
                d.gross_amount_base / nullif(d.gross_amount, 0)
            ) as exchange_rate
        from core.purchase_document as d
        left join core.agreement as g on g.agreement_id = d.agreement_id
        where d.agreement_id = %(agreement_id)s
            and d.document_number = c.source_key
        offset 0
    ) as t
    -- Of a document that has become one of the other kind nothing is said here.
    where t.kind = 'purchase_invoice'
)

select
    o.source_key as document_number,
    e.share ->> 'id' as allocation_id,
    e.share ->> 'private_ledger_account_id' as account_number,
    (e.share ->> 'percentage')::numeric as percent,
    (e.share ->> 'price')::numeric(19, 4) as amount,
    coalesce(
        (e.share ->> 'price_base')::numeric(19, 4), round((e.share ->> 'price')::numeric * o.exchange_rate, 2)
    ) as amount_base,
    false as is_deleted
from own as o
cross join lateral jsonb_array_elements(case jsonb_typeof(o.payload -> 'fiscal_allocations') when 'array' then o.payload -> 'fiscal_allocations' else '[]' end) as e (share)
where not o.is_deleted
union all
-- What a document no longer has.
select
    t.document_number,
    t.allocation_id,
    t.account_number,
    t.percent,
    t.amount,
    t.amount_base,
    true as is_deleted
from own as o
inner join core.purchase_document_allocation as t
    on t.agreement_id = %(agreement_id)s
    and t.document_number = o.source_key
where not t.is_deleted
    and (o.is_deleted or t.allocation_id not in (
        select e.share ->> 'id'
        from jsonb_array_elements(case jsonb_typeof(o.payload -> 'fiscal_allocations') when 'array' then o.payload -> 'fiscal_allocations' else '[]' end) as e (share)
    ))
