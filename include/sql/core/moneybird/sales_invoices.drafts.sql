-- grain: one invoice that is not sent yet: a draft, a scheduled one, and whatever state the vendor adds that has no number
-- reads: staging.moneybird_sales_invoices, core.agreement, core.draft_invoice
-- writes: core.draft_invoice
-- sign and currency: as the vendor: in currency, base in base currency
select
    c.source_key as draft_number,
    coalesce((c.payload ->> 'invoice_date')::date, left(c.payload ->> 'created_at', 10)::date) as date,
    (c.payload ->> 'due_date')::date as due_date,
    c.payload ->> 'contact_id' as customer_number,
    c.payload ->> 'currency' as currency,
    n.net_amount,
    coalesce(
        (c.payload ->> 'total_price_excl_tax_base')::numeric(19, 4),
        l.amount_base,
        case when c.payload ->> 'currency' = g.base_currency then n.net_amount end,
        -- Not known: no rate is made of it.
        0
    ) as net_amount_base,
    (c.payload ->> 'total_price_incl_tax')::numeric(19, 4) as gross_amount,
    (c.payload ->> 'total_price_incl_tax_base')::numeric(19, 4) as gross_amount_base,
    c.is_deleted or not (c.payload ->> 'state' in ('draft', 'scheduled') or nullif(btrim(c.payload ->> 'invoice_id'), '') is null) as is_deleted
from changed as c
left join core.draft_invoice as t
    on t.agreement_id = %(agreement_id)s
    and t.draft_number = c.source_key
left join core.agreement as g on g.agreement_id = %(agreement_id)s
-- What its lines come to, where that is known of all that have a price; a line of text alone has none.
cross join lateral (
    select
        case
            when count(e.line ->> 'price') filter (where e.line ->> 'total_price_excl_tax_with_discount' is null) = 0
            then coalesce(sum((e.line ->> 'total_price_excl_tax_with_discount')::numeric(19, 4)), 0)
        end as amount,
        case
            when count(e.line ->> 'price') filter (where e.line ->> 'total_price_excl_tax_with_discount_base' is null) = 0
            then coalesce(sum((e.line ->> 'total_price_excl_tax_with_discount_base')::numeric(19, 4)), 0)
        end as amount_base
    from jsonb_array_elements(
        case jsonb_typeof(c.payload -> 'details') when 'array' then c.payload -> 'details' else '[]' end
    ) as e (line)
) as l
cross join lateral (
    select coalesce((c.payload ->> 'total_price_excl_tax')::numeric(19, 4), l.amount) as net_amount
) as n
where c.payload ->> 'state' in ('draft', 'scheduled')
    or nullif(btrim(c.payload ->> 'invoice_id'), '') is null
    or t.draft_number is not null
