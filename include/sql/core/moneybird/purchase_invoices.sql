-- grain: one purchase invoice
-- reads: staging.moneybird_purchase_invoices, core.purchase_document
-- writes: core.purchase_document
-- sign and currency: as the vendor: positive is owed to the supplier; in currency, base in base currency
-- One that has become a receipt keeps its id: it is one row, of whichever has the newer version, and only what is
-- a purchase invoice here can be deleted here.
select
    c.source_key as document_number,
    'purchase_invoice' as kind,
    nullif(c.payload ->> 'reference', '') as reference,
    c.payload ->> 'entry_number' as entry_number,
    (c.payload ->> 'date')::date as date,
    (c.payload ->> 'due_date')::date as due_date,
    c.payload ->> 'state' as state,
    coalesce(c.payload ->> 'contact_id', c.payload -> 'contact' ->> 'id') as supplier_number,
    nullif(c.payload ->> 'currency', '') as currency,
    (c.payload ->> 'exchange_rate')::numeric as exchange_rate,
    (c.payload ->> 'prices_are_incl_tax')::boolean as prices_include_tax,
    c.payload ->> 'origin' as origin,
    (c.payload ->> 'paid_at')::date as paid_on,
    (c.payload ->> 'total_price_excl_tax')::numeric(19, 4) as net_amount,
    (c.payload ->> 'total_price_excl_tax_base')::numeric(19, 4) as net_amount_base,
    (c.payload ->> 'total_price_incl_tax')::numeric(19, 4) as gross_amount,
    (c.payload ->> 'total_price_incl_tax_base')::numeric(19, 4) as gross_amount_base,
    (c.payload ->> 'created_at')::timestamptz as created_at,
    (c.payload ->> 'updated_at')::timestamptz as updated_at,
    (c.payload ->> 'version')::bigint as version,
    c.is_deleted
from changed as c
left join core.purchase_document as t
    on t.agreement_id = %(agreement_id)s
    and t.document_number = c.source_key
where case
    when t.document_number is null then not c.is_deleted
    when t.kind = 'purchase_invoice' then true
    when c.is_deleted then false
    else t.is_deleted or t.version <= (c.payload ->> 'version')::bigint
end
