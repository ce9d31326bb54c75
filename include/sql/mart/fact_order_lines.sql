-- grain: one line of an order or a quote
-- reads: core.sales_order, core.sales_order_line, core.customer, core.product, core.department, core.unit, core.agreement
-- writes: core.key_map, mart.fact_order_lines
-- sign and currency: as the vendor; base by the order's rate per 100, each amount rounded once to 2 decimals, half away from zero
-- rows: core.sales_order by kind, order_number, dated date = order_date
-- again with: core.agreement
-- again with: core.sales_order_line by kind, order_number
-- again with: core.customer by customer_number
--     of mart.fact_order_lines where r.customer_key = -1 or r.customer_name is distinct from c.name
-- again with: core.product by product_number
--     of mart.fact_order_lines where r.product_key = -1 or r.product_name is distinct from c.name
-- again with: core.department by department_number
--     of mart.fact_order_lines where r.department_key = -1 or r.department_name is distinct from c.name
-- again with: core.unit by unit_number of core.sales_order_line
-- new keys: 'order_line' by source_key from live_line

-- step: shown_order by kind, order_number
select
    i.kind,
    i.order_number,
    i.status,
    i.date,
    i.due_date,
    i.delivery_date,
    i.customer_number,
    i.currency,
    -- Where the vendor gives no rate the header's own amounts are one, unless it has none in base currency.
    coalesce(
        i.exchange_rate,
        case when i.currency = g.base_currency then 100 end,
        nullif(i.net_amount_base, 0) * 100 / nullif(i.net_amount, 0)
    ) as exchange_rate,
    i.net_amount,
    i.net_amount_base
from changed as c
inner join core.sales_order as i
    on i.agreement_id = %(agreement_id)s
    and i.kind = c.kind
    and i.order_number = c.order_number
inner join core.agreement as g on g.agreement_id = i.agreement_id
where not i.is_deleted

-- step: live_line
select
    s.kind || '|' || l.document_id || '|' || l.line_id as source_key,
    s.kind,
    s.order_number,
    l.line_number,
    l.line_id,
    case when l.product_number is null and l.net_amount is null then 'text' else 'product' end as line_kind,
    l.product_number,
    l.department_number,
    l.description,
    l.quantity,
    l.unit_number,
    l.unit_net_price,
    l.discount_percent,
    coalesce(l.net_amount, 0) as net_amount,
    round(coalesce(l.net_amount, 0) * s.exchange_rate / 100, 2) as net_amount_base,
    case
        when coalesce(l.quantity * l.unit_cost_price, 0) = 0 then 0
        else round(l.quantity * l.unit_cost_price * s.exchange_rate / 100, 2)
    end as cost_base
from shown_order as s
inner join core.sales_order_line as l
    on l.agreement_id = %(agreement_id)s
    and l.kind = s.kind
    and l.order_number = s.order_number
where not l.is_deleted

-- What the header has and its lines have not, as in fact_invoice_lines.
-- more of: live_line
select
    s.kind || '|' || s.order_number || '|rounding' as source_key,
    s.kind,
    s.order_number,
    0 as line_number,
    null as line_id,
    'rounding' as line_kind,
    null as product_number,
    null as department_number,
    null as description,
    null as quantity,
    null as unit_number,
    null as unit_net_price,
    null as discount_percent,
    s.net_amount - l.net_amount as net_amount,
    s.net_amount_base - l.net_amount_base as net_amount_base,
    0 as cost_base
from shown_order as s
inner join (
    select
        o.kind,
        o.order_number,
        sum(o.net_amount) as net_amount,
        sum(coalesce(o.net_amount_base, 0)) as net_amount_base
    from live_line as o
    group by o.kind, o.order_number
) as l
    on l.kind = s.kind
    and l.order_number = s.order_number
where (s.net_amount, s.net_amount_base) is distinct from (l.net_amount, l.net_amount_base)

-- final
select
    l.source_key as order_line_key,
    s.kind,
    s.status,
    s.order_number,
    l.line_number,
    l.line_id,
    l.line_kind,
    s.date as order_date,
    mart.date_key(s.date) as date_key,
    s.due_date,
    s.delivery_date,
    s.customer_number as customer_key,
    s.customer_number,
    c.name as customer_name,
    l.product_number as product_key,
    l.product_number,
    p.name as product_name,
    l.department_number as department_key,
    l.department_number,
    d.name as department_name,
    l.description,
    l.quantity,
    u.name as unit,
    l.unit_net_price,
    l.discount_percent,
    s.currency,
    s.exchange_rate,
    l.net_amount,
    g.base_currency,
    l.net_amount_base,
    l.cost_base,
    l.net_amount_base - l.cost_base as margin_base
from live_line as l
inner join shown_order as s
    on s.kind = l.kind
    and s.order_number = l.order_number
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
