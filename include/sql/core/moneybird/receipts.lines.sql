-- grain: one line of a receipt
-- reads: staging.moneybird_receipts, core.purchase_document, core.purchase_document_line
-- writes: core.purchase_document_line
-- sign and currency: as the vendor: positive is owed to the supplier; without tax, after discount
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
    e.line ->> 'id' as line_id,
    (e.line ->> 'row_order')::integer as line_number,
    nullif(e.line ->> 'description', '') as description,
    nullif(e.line ->> 'amount', '') as quantity_text,
    (e.line ->> 'amount_decimal')::numeric as quantity,
    (e.line ->> 'price')::numeric as unit_price,
    e.line ->> 'tax_rate_id' as vat_code,
    e.line ->> 'ledger_account_id' as account_number,
    e.line ->> 'project_id' as project_number,
    e.line ->> 'product_id' as product_number,
    nullif(e.line ->> 'period', '') as period_text,
    case
        when e.line ->> 'period' ~ '^[0-9]{8}[.][.][0-9]{8}$' then to_date(left(e.line ->> 'period', 8), 'YYYYMMDD')
        when e.line ->> 'period' ~ '^[0-9]{6}([.][.][0-9]{6})?$'
        then to_date(left(e.line ->> 'period', 6) || '01', 'YYYYMMDD')
    end as period_start,
    case
        when e.line ->> 'period' ~ '^[0-9]{8}[.][.][0-9]{8}$' then to_date(right(e.line ->> 'period', 8), 'YYYYMMDD')
        when e.line ->> 'period' ~ '^[0-9]{6}([.][.][0-9]{6})?$'
        then (to_date(right(e.line ->> 'period', 6) || '01', 'YYYYMMDD') + interval '1 month' - interval '1 day')::date
    end as period_end,
    (e.line ->> 'total_price_excl_tax_with_discount')::numeric(19, 4) as net_amount,
    (e.line ->> 'total_price_excl_tax_with_discount_base')::numeric(19, 4) as net_amount_base,
    false as is_deleted
from own as o
cross join lateral jsonb_array_elements(case jsonb_typeof(o.payload -> 'details') when 'array' then o.payload -> 'details' else '[]' end) as e (line)
where not o.is_deleted
union all
-- What a document no longer has.
select
    t.document_number,
    t.line_id,
    t.line_number,
    t.description,
    t.quantity_text,
    t.quantity,
    t.unit_price,
    t.vat_code,
    t.account_number,
    t.project_number,
    t.product_number,
    t.period_text,
    t.period_start,
    t.period_end,
    t.net_amount,
    t.net_amount_base,
    true as is_deleted
from own as o
inner join core.purchase_document_line as t
    on t.agreement_id = %(agreement_id)s
    and t.document_number = o.source_key
where not t.is_deleted
    and (o.is_deleted or t.line_id not in (
        select e.line ->> 'id'
        from jsonb_array_elements(case jsonb_typeof(o.payload -> 'details') when 'array' then o.payload -> 'details' else '[]' end) as e (line)
    ))
