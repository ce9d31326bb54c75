-- grain: one line of an invoice
-- reads: staging.moneybird_sales_invoices, core.invoice, core.invoice_line
-- writes: core.invoice_line
-- sign and currency: as the vendor: in currency, without tax, after discount
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
    e.line ->> 'id' as line_id,
    (e.line ->> 'row_order')::integer as line_number,
    nullif(e.line ->> 'description', '') as description,
    (e.line ->> 'amount_decimal')::numeric as quantity,
    case
        when not coalesce((o.payload ->> 'prices_are_incl_tax')::boolean, false) then (e.line ->> 'price')::numeric
        else round(
            (e.line ->> 'total_price_excl_tax_with_discount')::numeric / nullif((e.line ->> 'amount_decimal')::numeric, 0), 10
        )
    end as unit_net_price,
    (e.line ->> 'total_price_excl_tax_with_discount')::numeric(19, 4) as net_amount,
    e.line ->> 'ledger_account_id' as account_number,
    e.line ->> 'project_id' as project_number,
    e.line ->> 'tax_rate_id' as vat_code,
    (e.line ->> 'total_price_excl_tax_with_discount_base')::numeric(19, 4) as net_amount_base,
    false as is_deleted
from own as o
cross join lateral jsonb_array_elements(case jsonb_typeof(o.payload -> 'details') when 'array' then o.payload -> 'details' else '[]' end) as e (line)
where not o.is_deleted
union all
-- What an invoice no longer has.
select
    t.invoice_number,
    t.line_id,
    t.line_number,
    t.description,
    t.quantity,
    t.unit_net_price,
    t.net_amount,
    t.account_number,
    t.project_number,
    t.vat_code,
    t.net_amount_base,
    true as is_deleted
from own as o
inner join core.invoice_line as t
    on t.agreement_id = %(agreement_id)s
    and t.invoice_number = o.invoice_number
where not t.is_deleted
    and (o.is_deleted or t.line_id not in (
        select e.line ->> 'id'
        from jsonb_array_elements(case jsonb_typeof(o.payload -> 'details') when 'array' then o.payload -> 'details' else '[]' end) as e (line)
    ))
