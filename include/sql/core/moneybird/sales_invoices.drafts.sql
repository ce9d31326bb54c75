-- grain: one invoice that is not sent yet: a draft, a scheduled one, and whatever state the vendor adds that has no number
-- reads: staging.moneybird_sales_invoices, core.draft_invoice
-- writes: core.draft_invoice
-- sign and currency: as the vendor: in currency, base in base currency
select
    c.source_key as draft_number,
    coalesce((c.payload ->> 'invoice_date')::date, left(c.payload ->> 'created_at', 10)::date) as date,
    (c.payload ->> 'due_date')::date as due_date,
    c.payload ->> 'contact_id' as customer_number,
    c.payload ->> 'currency' as currency,
    coalesce((c.payload ->> 'total_price_excl_tax')::numeric(19, 4), 0) as net_amount,
    coalesce((c.payload ->> 'total_price_excl_tax_base')::numeric(19, 4), 0) as net_amount_base,
    (c.payload ->> 'total_price_incl_tax')::numeric(19, 4) as gross_amount,
    (c.payload ->> 'total_price_incl_tax_base')::numeric(19, 4) as gross_amount_base,
    c.is_deleted or not (c.payload ->> 'state' in ('draft', 'scheduled') or nullif(c.payload ->> 'invoice_id', '') is null) as is_deleted
from changed as c
left join core.draft_invoice as t
    on t.agreement_id = %(agreement_id)s
    and t.draft_number = c.source_key
where c.payload ->> 'state' in ('draft', 'scheduled')
    or nullif(c.payload ->> 'invoice_id', '') is null
    or t.draft_number is not null
