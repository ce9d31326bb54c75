-- grain: one purchase invoice
-- reads: staging.moneybird_purchase_invoices, core.agreement, core.purchase_document
-- writes: core.purchase_document
-- sign and currency: as the vendor: positive is owed to the supplier; in currency, base in base currency
-- One that has become one of the other kind keeps its id: it is one row, of whichever has the newer version, and only what is
-- of this kind here can be deleted here.
select
    c.source_key as document_number,
    'purchase_invoice' as kind,
    nullif(c.payload ->> 'reference', '') as reference,
    c.payload ->> 'entry_number' as entry_number,
    (c.payload ->> 'date')::date as date,
    (c.payload ->> 'due_date')::date as due_date,
    case
        when c.payload ->> 'state' in ('new', 'saved', 'open', 'late', 'paid', 'pending_payment')
        then c.payload ->> 'state'
        else 'other_' || (c.payload ->> 'state')
    end as state,
    coalesce(c.payload ->> 'contact_id', c.payload -> 'contact' ->> 'id') as supplier_number,
    nullif(c.payload ->> 'currency', '') as currency,
    nullif((c.payload ->> 'exchange_rate')::numeric, 0) as exchange_rate,
    (c.payload ->> 'prices_are_incl_tax')::boolean as prices_include_tax,
    c.payload ->> 'origin' as origin,
    (c.payload ->> 'paid_at')::date as paid_on,
    (c.payload ->> 'total_price_excl_tax')::numeric(19, 4) as net_amount,
    (c.payload ->> 'total_price_excl_tax_base')::numeric(19, 4) as net_amount_base,
    (c.payload ->> 'total_price_incl_tax')::numeric(19, 4) as gross_amount,
    (c.payload ->> 'total_price_incl_tax_base')::numeric(19, 4) as gross_amount_base,
    -- The total without tax says whether the lines are without what is private.
    case
        when abs((c.payload ->> 'total_price_excl_tax')::numeric - l.amount - p.amount) <= 0.01 * (l.lines + 1)
        then p.amount
    end as private_amount,
    case
        when abs((c.payload ->> 'total_price_excl_tax')::numeric - l.amount - p.amount) <= 0.01 * (l.lines + 1)
        then p.amount_base
    end as private_amount_base,
    (c.payload ->> 'created_at')::timestamptz as created_at,
    (c.payload ->> 'updated_at')::timestamptz as updated_at,
    (c.payload ->> 'version')::bigint as version,
    c.is_deleted
from changed as c
left join core.purchase_document as t
    on t.agreement_id = %(agreement_id)s
    and t.document_number = c.source_key
left join core.agreement as g on g.agreement_id = %(agreement_id)s
cross join lateral (
    select
        count(*) as lines,
        coalesce(sum((e.line ->> 'total_price_excl_tax_with_discount')::numeric), 0) as amount
    from jsonb_array_elements(
        case jsonb_typeof(c.payload -> 'details') when 'array' then c.payload -> 'details' else '[]' end
    ) as e (line)
) as l
cross join lateral (
    select
        coalesce(
            nullif((c.payload ->> 'exchange_rate')::numeric, 0),
            case when coalesce(nullif(c.payload ->> 'currency', ''), g.base_currency) = g.base_currency then 1 end,
            (c.payload ->> 'total_price_incl_tax_base')::numeric / nullif((c.payload ->> 'total_price_incl_tax')::numeric, 0)
        ) as exchange_rate
) as r
cross join lateral (
    select
        sum((e.share ->> 'price')::numeric) as amount,
        -- Where one of them is not known in base currency, neither is their sum.
        case
            when bool_and(b.amount is not null) filter (where e.share ->> 'price' is not null) then sum(b.amount)
        end as amount_base
    from jsonb_array_elements(
        case jsonb_typeof(c.payload -> 'fiscal_allocations') when 'array' then c.payload -> 'fiscal_allocations' else '[]' end
    ) as e (share)
    cross join lateral (
        select
            coalesce(
                (e.share ->> 'price_base')::numeric(19, 4), round((e.share ->> 'price')::numeric * r.exchange_rate, 2)
            ) as amount
    ) as b
) as p
where case
    when t.document_number is null then not c.is_deleted
    when t.kind = 'purchase_invoice' then true
    when c.is_deleted then false
    else t.is_deleted or t.version <= (c.payload ->> 'version')::bigint
end
