-- grain: one line of a booked or draft invoice, and one of rounding where the lines miss their header
-- reads: core.invoice, core.invoice_line, core.draft_invoice, core.draft_invoice_line (drafts whole: they are few), core.customer, core.product, core.department, core.unit, core.account, core.vat, core.agreement, mart.dim_customer, mart.dim_document
-- writes: core.key_map, mart.fact_invoice_lines
-- sign and currency: sales positive, credit notes negative; base by the invoice's rate per 100, each amount rounded once to 2 decimals, half away from zero
-- rows: core.invoice by invoice_number, dated date = invoice_date
-- whole: r.is_draft
-- again with: core.agreement
-- again with: core.invoice_line by invoice_number
-- again with: core.customer by customer_number
--     of mart.fact_invoice_lines where r.customer_key = -1 or r.customer_name is distinct from c.name
-- again with: mart.dim_customer by customer_key of mart.fact_invoice_lines
--     where r.customer_name is distinct from c.name or r.customer_number is distinct from c.customer_number
-- again with: core.account by account_number of core.invoice_line
-- again with: core.vat by vat_code of core.invoice_line
-- again with: core.product by product_number
--     of mart.fact_invoice_lines where r.product_key = -1 or r.product_name is distinct from c.name
-- again with: core.department by department_number
--     of mart.fact_invoice_lines where r.department_key = -1 or r.department_name is distinct from c.name
-- again with: core.unit by unit_number of core.invoice_line
-- again with: mart.dim_document by document_number = invoice_number where c.kind = 'invoice'
-- new keys: s.source_kind by source_key from live_line
-- kind: invoice_line_key = case when s.is_draft then 'draft_invoice_line' else 'invoice_line' end

-- step: shown_invoice by is_draft, invoice_number
select
    false as is_draft,
    i.invoice_number,
    i.date,
    i.due_date,
    i.customer_number,
    i.currency,
    -- Where the vendor gives no rate the header's own amounts are one, unless it has none in base currency.
    coalesce(
        i.exchange_rate,
        case when i.currency = g.base_currency then 100 end,
        nullif(i.net_amount_base, 0) * 100 / nullif(i.net_amount, 0)
    ) as exchange_rate,
    i.net_amount,
    i.net_amount_base,
    case when i.remainder = 0 then 'paid' else 'open' end as payment_status,
    coalesce(
        i.remainder_base,
        case when i.currency = g.base_currency or i.remainder = 0 then i.remainder end,
        round(i.remainder * i.exchange_rate / 100, 2),
        round(i.remainder * i.net_amount_base / nullif(i.net_amount, 0), 2),
        round(i.remainder * i.gross_amount_base / nullif(i.gross_amount, 0), 2)
    ) as remainder_base
from changed as c
inner join core.invoice as i
    on i.agreement_id = %(agreement_id)s
    and i.invoice_number = c.invoice_number
inner join core.agreement as g on g.agreement_id = i.agreement_id
where not i.is_deleted
union all
select
    true as is_draft,
    d.draft_number as invoice_number,
    d.date,
    d.due_date,
    d.customer_number,
    d.currency,
    coalesce(
        d.exchange_rate,
        case when d.currency = g.base_currency then 100 end,
        nullif(d.net_amount_base, 0) * 100 / nullif(d.net_amount, 0)
    ) as exchange_rate,
    d.net_amount,
    d.net_amount_base,
    'draft' as payment_status,
    0 as remainder_base
from core.draft_invoice as d
inner join core.agreement as g on g.agreement_id = d.agreement_id
where d.agreement_id = %(agreement_id)s
    and not d.is_deleted

-- step: live_line
select
    'invoice_line' as source_kind,
    l.invoice_number || '|' || l.line_id as source_key,
    s.is_draft,
    s.invoice_number,
    l.line_number,
    l.line_id,
    case when l.product_number is null and l.net_amount is null then 'text' else 'product' end as line_kind,
    l.product_number,
    l.department_number,
    l.account_number,
    l.description,
    l.quantity,
    l.unit_number,
    l.unit_net_price,
    l.discount_percent,
    coalesce(l.vat_rate_percent, v.rate_percent) as vat_rate_percent,
    coalesce(
        l.vat_amount, round(l.net_amount * case when v.is_charged then v.rate_percent else v.rate_percent * 0 end / 100, 2)
    ) as vat_amount,
    coalesce(l.net_amount, 0) as net_amount,
    round(coalesce(l.net_amount, 0) * s.exchange_rate / 100, 2) as net_amount_base,
    case
        when coalesce(l.quantity * l.unit_cost_price, 0) = 0 then 0
        else round(l.quantity * l.unit_cost_price * s.exchange_rate / 100, 2)
    end as cost_base
from shown_invoice as s
inner join core.invoice_line as l
    on l.agreement_id = %(agreement_id)s
    and l.invoice_number = s.invoice_number
left join core.vat as v
    on v.agreement_id = l.agreement_id
    and v.vat_code = l.vat_code
where not s.is_draft
    and not l.is_deleted
union all
select
    'draft_invoice_line' as source_kind,
    l.document_id || '|' || l.line_id as source_key,
    s.is_draft,
    s.invoice_number,
    l.line_number,
    l.line_id,
    case when l.product_number is null and l.net_amount is null then 'text' else 'product' end as line_kind,
    l.product_number,
    l.department_number,
    null as account_number,
    l.description,
    l.quantity,
    l.unit_number,
    l.unit_net_price,
    l.discount_percent,
    coalesce(l.vat_rate_percent, v.rate_percent) as vat_rate_percent,
    coalesce(
        l.vat_amount, round(l.net_amount * case when v.is_charged then v.rate_percent else v.rate_percent * 0 end / 100, 2)
    ) as vat_amount,
    coalesce(l.net_amount, 0) as net_amount,
    round(coalesce(l.net_amount, 0) * s.exchange_rate / 100, 2) as net_amount_base,
    case
        when coalesce(l.quantity * l.unit_cost_price, 0) = 0 then 0
        else round(l.quantity * l.unit_cost_price * s.exchange_rate / 100, 2)
    end as cost_base
from shown_invoice as s
inner join core.draft_invoice_line as l
    on l.agreement_id = %(agreement_id)s
    and l.draft_number = s.invoice_number
left join core.vat as v
    on v.agreement_id = l.agreement_id
    and v.vat_code = l.vat_code
where s.is_draft
    and not l.is_deleted

-- What the header has and its lines have not: one line, number 0, so that sums of lines are those of
-- headers. Where no line has landed yet nothing can be said.
-- more of: live_line
select
    case when s.is_draft then 'draft_invoice_line' else 'invoice_line' end as source_kind,
    s.invoice_number || '|rounding' as source_key,
    s.is_draft,
    s.invoice_number,
    0 as line_number,
    null as line_id,
    'rounding' as line_kind,
    null as product_number,
    null as department_number,
    null as account_number,
    null as description,
    null as quantity,
    null as unit_number,
    null as unit_net_price,
    null as discount_percent,
    null as vat_rate_percent,
    null as vat_amount,
    s.net_amount - l.net_amount as net_amount,
    s.net_amount_base - l.net_amount_base as net_amount_base,
    0 as cost_base
from shown_invoice as s
inner join (
    select
        o.is_draft,
        o.invoice_number,
        sum(o.net_amount) as net_amount,
        sum(coalesce(o.net_amount_base, 0)) as net_amount_base
    from live_line as o
    group by o.is_draft, o.invoice_number
) as l
    on l.is_draft = s.is_draft
    and l.invoice_number = s.invoice_number
where (s.net_amount, s.net_amount_base) is distinct from (l.net_amount, l.net_amount_base)

-- final
with placed as (
    select
        l.source_kind,
        l.source_key,
        row_number() over (
            partition by l.is_draft, l.invoice_number
            order by l.line_kind = 'rounding', l.line_number, length(l.line_id), l.line_id
        ) as place
    from live_line as l
)

select
    l.source_key as invoice_line_key,
    l.invoice_number,
    l.line_number,
    l.line_id,
    l.line_kind,
    l.is_draft,
    s.net_amount < 0 as is_credit_note,
    s.date as invoice_date,
    mart.date_key(s.date) as date_key,
    s.due_date,
    s.customer_number as customer_key,
    coalesce(c.code, s.customer_number) as customer_number,
    c.name as customer_name,
    l.product_number as product_key,
    l.product_number,
    p.name as product_name,
    l.department_number as department_key,
    l.department_number,
    d.name as department_name,
    coalesce(a.code, l.account_number) as account_number,
    l.description,
    l.quantity,
    u.name as unit,
    l.unit_net_price,
    l.discount_percent,
    l.vat_rate_percent,
    l.vat_amount,
    s.currency,
    s.exchange_rate,
    l.net_amount,
    g.base_currency,
    l.net_amount_base,
    l.cost_base,
    l.net_amount_base - l.cost_base as margin_base,
    case when o.place = 1 then s.remainder_base else 0 end as invoice_remainder_base,
    s.payment_status,
    coalesce(m.document_key, -3) as document_key,
    coalesce(m.has_pdf, false) as has_pdf
from live_line as l
inner join placed as o
    on o.source_kind = l.source_kind
    and o.source_key = l.source_key
inner join shown_invoice as s
    on s.is_draft = l.is_draft
    and s.invoice_number = l.invoice_number
inner join core.agreement as g on g.agreement_id = %(agreement_id)s
-- Left joins: a name that is not (yet) known is none.
left join core.customer as c
    on c.agreement_id = g.agreement_id
    and c.customer_number = s.customer_number
left join core.product as p
    on p.agreement_id = g.agreement_id
    and p.product_number = l.product_number
left join core.department as d
    on d.agreement_id = g.agreement_id
    and d.department_number = l.department_number
left join core.unit as u
    on u.agreement_id = g.agreement_id
    and u.unit_number = l.unit_number
left join core.account as a
    on a.agreement_id = g.agreement_id
    and a.account_number = l.account_number
left join mart.dim_document as m
    on m.agreement_key = %(agreement_key)s
    and m.kind = 'invoice'
    and m.document_number = s.invoice_number
    and not m.is_deleted
    and not s.is_draft
