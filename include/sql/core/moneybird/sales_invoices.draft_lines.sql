-- grain: one line of an invoice that is not sent yet
-- reads: staging.moneybird_sales_invoices, core.draft_invoice, core.draft_invoice_line
-- writes: core.draft_invoice_line
-- sign and currency: as the vendor: in currency, without tax, after discount
select
    c.source_key as document_id,
    c.source_key as draft_number,
    e.line ->> 'id' as line_id,
    (e.line ->> 'row_order')::integer as line_number,
    nullif(e.line ->> 'description', '') as description,
    (e.line ->> 'amount_decimal')::numeric as quantity,
    case
        when not coalesce((c.payload ->> 'prices_are_incl_tax')::boolean, false) then (e.line ->> 'price')::numeric
        else round(
            (e.line ->> 'total_price_excl_tax_with_discount')::numeric / nullif((e.line ->> 'amount_decimal')::numeric, 0), 10
        )
    end as unit_net_price,
    (e.line ->> 'total_price_excl_tax_with_discount')::numeric(19, 4) as net_amount,
    e.line ->> 'tax_rate_id' as vat_code,
    false as is_deleted
from changed as c
cross join lateral jsonb_array_elements(case jsonb_typeof(c.payload -> 'details') when 'array' then c.payload -> 'details' else '[]' end) as e (line)
where not c.is_deleted
    and (c.payload ->> 'state' in ('draft', 'scheduled') or nullif(btrim(c.payload ->> 'invoice_id'), '') is null)
union all
-- What a draft no longer has, and what is one no longer.
select
    t.document_id,
    t.draft_number,
    t.line_id,
    t.line_number,
    t.description,
    t.quantity,
    t.unit_net_price,
    t.net_amount,
    t.vat_code,
    true as is_deleted
from changed as c
inner join core.draft_invoice_line as t
    on t.agreement_id = %(agreement_id)s
    and t.document_id = c.source_key
where not t.is_deleted
    and (c.is_deleted or not (c.payload ->> 'state' in ('draft', 'scheduled') or nullif(btrim(c.payload ->> 'invoice_id'), '') is null) or t.line_id not in (
        select e.line ->> 'id'
        from jsonb_array_elements(case jsonb_typeof(c.payload -> 'details') when 'array' then c.payload -> 'details' else '[]' end) as e (line)
    ))
