-- grain: one line of a purchase invoice
-- reads: staging.moneybird_purchase_invoices, core.purchase_document, core.purchase_document_line
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
    ) = 'purchase_invoice'
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
        when p.first_day is null then m.first_month
        when to_char(m.first_month + (p.first_day - 1), 'YYYYMMDD') = left(e.line ->> 'period', 8)
        then m.first_month + (p.first_day - 1)
    end as period_start,
    case
        when p.last_day is null then (m.last_month + interval '1 month' - interval '1 day')::date
        when to_char(m.last_month + (p.last_day - 1), 'YYYYMMDD') = right(e.line ->> 'period', 8)
        then m.last_month + (p.last_day - 1)
    end as period_end,
    (e.line ->> 'total_price_excl_tax_with_discount')::numeric(19, 4) as net_amount,
    (e.line ->> 'total_price_excl_tax_with_discount_base')::numeric(19, 4) as net_amount_base,
    false as is_deleted
from own as o
cross join lateral jsonb_array_elements(case jsonb_typeof(o.payload -> 'details') when 'array' then o.payload -> 'details' else '[]' end) as e (line)
cross join lateral (
    select regexp_match(e.line ->> 'period', '^(?:([0-9]{6})([0-9]{2})[.][.]([0-9]{6})([0-9]{2})|([0-9]{6})(?:[.][.]([0-9]{6}))?)$') as part
) as r
cross join lateral (
    select
        coalesce(r.part[1], r.part[5]) as first_month,
        r.part[2]::integer as first_day,
        coalesce(r.part[3], r.part[6], r.part[5]) as last_month,
        r.part[4]::integer as last_day
) as p
-- What is no month or day of the calendar (202613) stands in period_text alone.
cross join lateral (
    select
        case when p.first_month ~ '^(?!0000)[0-9]{4}(0[1-9]|1[0-2])$' then (p.first_month || '01')::date end as first_month,
        case when p.last_month ~ '^(?!0000)[0-9]{4}(0[1-9]|1[0-2])$' then (p.last_month || '01')::date end as last_month
) as m
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
