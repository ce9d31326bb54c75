-- grain: one invoice or credit invoice that is no draft
-- reads: staging.moneybird_sales_invoices, core.invoice
-- writes: core.invoice
-- sign and currency: as the vendor: credit invoices negative; in currency, base in base currency
-- Its number is what people know it by. Of two records of one number the one that is there counts, else the newer.
with given as (
    select distinct on (c.payload ->> 'invoice_id')
        c.source_key,
        c.payload,
        c.is_deleted
    from changed as c
    left join core.invoice as t
        on t.agreement_id = %(agreement_id)s
        and t.invoice_number = c.payload ->> 'invoice_id'
    where nullif(btrim(c.payload ->> 'invoice_id'), '') is not null
        and c.payload ->> 'state' not in ('draft', 'scheduled')
        and (not c.is_deleted or t.document_number = c.source_key)
    order by
        c.payload ->> 'invoice_id',
        c.is_deleted,
        (c.payload ->> 'version')::bigint desc
)

select
    g.payload ->> 'invoice_id' as invoice_number,
    g.source_key as document_number,
    coalesce((g.payload ->> 'invoice_date')::date, left(g.payload ->> 'created_at', 10)::date) as date,
    (g.payload ->> 'due_date')::date as due_date,
    g.payload ->> 'contact_id' as customer_number,
    g.payload ->> 'currency' as currency,
    (g.payload ->> 'total_price_excl_tax')::numeric(19, 4) as net_amount,
    (g.payload ->> 'total_price_excl_tax_base')::numeric(19, 4) as net_amount_base,
    (g.payload ->> 'total_price_incl_tax')::numeric(19, 4) as gross_amount,
    (g.payload ->> 'total_price_incl_tax_base')::numeric(19, 4) as gross_amount_base,
    (g.payload ->> 'total_price_incl_tax')::numeric(19, 4)
        - (g.payload ->> 'total_price_excl_tax')::numeric(19, 4) as vat_amount,
    -- What is open of it, as its postings have it, where the vendor does not say.
    coalesce(
        (g.payload ->> 'total_unpaid')::numeric(19, 4),
        (g.payload ->> 'total_price_incl_tax')::numeric(19, 4) - p.amount
    ) as remainder,
    (g.payload ->> 'total_unpaid_base')::numeric(19, 4) as remainder_base,
    false as has_pdf,
    g.is_deleted
from given as g
cross join lateral (
    select coalesce(sum((e.payment ->> 'price')::numeric(19, 4)), 0) as amount
    from jsonb_array_elements(
        case jsonb_typeof(g.payload -> 'payments') when 'array' then g.payload -> 'payments' else '[]' end
    ) as e (payment)
) as p
union all
-- What is a draft again, or has another number.
select
    t.invoice_number,
    t.document_number,
    t.date,
    t.due_date,
    t.customer_number,
    t.currency,
    t.net_amount,
    t.net_amount_base,
    t.gross_amount,
    t.gross_amount_base,
    t.vat_amount,
    t.remainder,
    t.remainder_base,
    t.has_pdf,
    true as is_deleted
from changed as c
inner join core.invoice as t
    on t.agreement_id = %(agreement_id)s
    and t.document_number = c.source_key
where not t.is_deleted
    and t.invoice_number not in (select g.payload ->> 'invoice_id' from given as g)
