-- grain: one line of an order or a quote
-- reads: core.sales_order, core.sales_order_line, core.customer, core.product, core.department, core.unit, core.agreement, core.key_map
-- writes: core.key_map, mart.fact_order_lines
-- sign and currency: as the vendor; base by the order's rate per 100, each amount rounded once to 2 decimals, half away from zero
create temporary table changed_order on commit drop as
select
    i.kind,
    i.order_number
from core.sales_order as i
where i.agreement_id = %(agreement_id)s
    and i.change_seq > %(since_sales_order)s
union
select
    l.kind,
    l.order_number
from core.sales_order_line as l
where l.agreement_id = %(agreement_id)s
    and l.change_seq > %(since_sales_order_line)s
union
select
    f.kind,
    f.order_number
from core.customer as c
inner join mart.fact_order_lines as f
    on f.agreement_id = c.agreement_id
    and f.customer_number = c.customer_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_customer)s
    and %(since_sales_order)s > 0
    and (f.customer_key = -1 or f.customer_name is distinct from c.name)
union
select
    f.kind,
    f.order_number
from core.product as c
inner join mart.fact_order_lines as f
    on f.agreement_id = c.agreement_id
    and f.product_number = c.product_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_product)s
    and %(since_sales_order)s > 0
    and (f.product_key = -1 or f.product_name is distinct from c.name)
union
select
    f.kind,
    f.order_number
from core.department as c
inner join mart.fact_order_lines as f
    on f.agreement_id = c.agreement_id
    and f.department_number = c.department_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_department)s
    and %(since_sales_order)s > 0
    and (f.department_key = -1 or f.department_name is distinct from c.name)
union
select
    l.kind,
    l.order_number
from core.unit as c
inner join core.sales_order_line as l
    on l.agreement_id = c.agreement_id
    and l.unit_number = c.unit_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_unit)s
    and %(since_sales_order)s > 0
union
select
    i.kind,
    i.order_number
from core.agreement as c
inner join core.sales_order as i on i.agreement_id = c.agreement_id
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_agreement)s
    and %(since_sales_order)s > 0
union
select
    i.kind,
    i.order_number
from core.sales_order as i
where i.agreement_id = %(agreement_id)s
    and i.date between %(window_start)s and %(window_end)s
union
select
    f.kind,
    f.order_number
from mart.fact_order_lines as f
where f.agreement_id = %(agreement_id)s
    and f.order_date between %(window_start)s and %(window_end)s;

create unique index on changed_order (kind, order_number);
analyze changed_order;

-- As in fact_journal_entries: after a first load hashing is right, whatever the planner believes.
select
    set_config('enable_nestloop', s.is_on, true),
    set_config('enable_mergejoin', s.is_on, true)
from (
    select case when count(*) > 1000 and count(*) * 5 > max(t.reltuples) then 'off' else 'on' end as is_on
    from changed_order as c
    cross join pg_class as t
    where t.oid = 'core.sales_order'::regclass
) as s;

create temporary table shown_order on commit drop as
select
    i.kind,
    i.order_number,
    i.status,
    i.date,
    i.due_date,
    i.delivery_date,
    i.customer_number,
    i.currency,
    -- Where the vendor gives no rate the header's own amounts are one.
    coalesce(
        i.exchange_rate,
        case when i.currency = g.base_currency then 100 end,
        round(i.net_amount_base * 100 / nullif(i.net_amount, 0), 8)
    ) as exchange_rate,
    i.net_amount,
    i.net_amount_base
from changed_order as c
inner join core.sales_order as i
    on i.agreement_id = %(agreement_id)s
    and i.kind = c.kind
    and i.order_number = c.order_number
inner join core.agreement as g on g.agreement_id = i.agreement_id
where not i.is_deleted;

create unique index on shown_order (kind, order_number);
analyze shown_order;

create temporary table live_order_line on commit drop as
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
    coalesce(round(l.quantity * l.unit_cost_price * s.exchange_rate / 100, 2), 0) as cost_base
from shown_order as s
inner join core.sales_order_line as l
    on l.agreement_id = %(agreement_id)s
    and l.kind = s.kind
    and l.order_number = s.order_number
where not l.is_deleted;

-- What the header has and its lines have not, as in fact_invoice_lines.
insert into live_order_line
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
    from live_order_line as o
    group by o.kind, o.order_number
) as l
    on l.kind = s.kind
    and l.order_number = s.order_number
where (s.net_amount, s.net_amount_base) is distinct from (l.net_amount, l.net_amount_base);

analyze live_order_line;

insert into core.key_map (agreement_id, kind, source_key)
select
    %(agreement_id)s as agreement_id,
    'order_line' as kind,
    l.source_key
from live_order_line as l
left join core.key_map as k
    on k.agreement_id = %(agreement_id)s
    and k.kind = 'order_line'
    and k.source_key = l.source_key
where k.key is null;

create temporary table differing_order_line on commit drop as
with final as (
    select
        k.key as order_line_key,
        %(agreement_key)s::bigint as agreement_key,
        g.agreement_id as agreement_id,
        s.kind as kind,
        s.status as status,
        s.order_number as order_number,
        l.line_number as line_number,
        l.line_id as line_id,
        l.line_kind as line_kind,
        s.date as order_date,
        to_char(s.date, 'yyyymmdd')::integer as date_key,
        s.due_date as due_date,
        s.delivery_date as delivery_date,
        coalesce(kc.key, case when s.customer_number is null then -3 else -1 end) as customer_key,
        s.customer_number as customer_number,
        c.name as customer_name,
        coalesce(kp.key, case when l.product_number is null then -3 else -1 end) as product_key,
        l.product_number as product_number,
        p.name as product_name,
        coalesce(kd.key, case when l.department_number is null then -3 else -1 end) as department_key,
        l.department_number as department_number,
        d.name as department_name,
        l.description as description,
        l.quantity as quantity,
        u.name as unit,
        l.unit_net_price as unit_net_price,
        l.discount_percent as discount_percent,
        s.currency as currency,
        s.exchange_rate::numeric(18, 8) as exchange_rate,
        l.net_amount::numeric(19, 4) as net_amount,
        g.base_currency as base_currency,
        l.net_amount_base::numeric(19, 4) as net_amount_base,
        l.cost_base::numeric(19, 4) as cost_base,
        (l.net_amount_base - l.cost_base)::numeric(19, 4) as margin_base
    from live_order_line as l
    inner join shown_order as s
        on s.kind = l.kind
        and s.order_number = l.order_number
    inner join core.agreement as g on g.agreement_id = %(agreement_id)s
    inner join core.key_map as k
        on k.agreement_id = g.agreement_id
        and k.kind = 'order_line'
        and k.source_key = l.source_key
    -- Left joins: what is given but not (yet) known is the unknown member, without a name.
    left join core.customer as c
        on c.agreement_id = g.agreement_id
        and c.customer_number = s.customer_number
    left join core.key_map as kc
        on kc.agreement_id = c.agreement_id
        and kc.kind = 'customer'
        and kc.source_key = c.customer_number
    left join core.product as p
        on p.agreement_id = g.agreement_id
        and p.product_number = l.product_number
    left join core.key_map as kp
        on kp.agreement_id = p.agreement_id
        and kp.kind = 'product'
        and kp.source_key = p.product_number
    left join core.department as d
        on d.agreement_id = g.agreement_id
        and d.department_number = l.department_number
    left join core.key_map as kd
        on kd.agreement_id = d.agreement_id
        and kd.kind = 'department'
        and kd.source_key = d.department_number
    left join core.unit as u
        on u.agreement_id = g.agreement_id
        and u.unit_number = l.unit_number
)

select
    f.order_line_key, f.agreement_key, f.agreement_id, f.kind, f.status, f.order_number,
    f.line_number, f.line_id, f.line_kind, f.order_date, f.date_key, f.due_date, f.delivery_date,
    f.customer_key, f.customer_number, f.customer_name, f.product_key, f.product_number,
    f.product_name, f.department_key, f.department_number, f.department_name, f.description,
    f.quantity, f.unit, f.unit_net_price, f.discount_percent, f.currency, f.exchange_rate,
    f.net_amount, f.base_currency, f.net_amount_base, f.cost_base, f.margin_base
from final as f
left join mart.fact_order_lines as t on t.order_line_key = f.order_line_key
-- Row against row: `final` has the table's columns in the table's order, and a new column comes last.
where row(t.*) is distinct from row(f.*);

with upserted as (
    insert into mart.fact_order_lines as t (
        order_line_key, agreement_key, agreement_id, kind, status, order_number, line_number,
        line_id, line_kind, order_date, date_key, due_date, delivery_date, customer_key,
        customer_number, customer_name, product_key, product_number, product_name, department_key,
        department_number, department_name, description, quantity, unit, unit_net_price,
        discount_percent, currency, exchange_rate, net_amount, base_currency, net_amount_base,
        cost_base, margin_base
    )
    select
        order_line_key, agreement_key, agreement_id, kind, status, order_number, line_number,
        line_id, line_kind, order_date, date_key, due_date, delivery_date, customer_key,
        customer_number, customer_name, product_key, product_number, product_name, department_key,
        department_number, department_name, description, quantity, unit, unit_net_price,
        discount_percent, currency, exchange_rate, net_amount, base_currency, net_amount_base,
        cost_base, margin_base
    from differing_order_line
    on conflict (order_line_key) do update set
        agreement_key = excluded.agreement_key,
        agreement_id = excluded.agreement_id,
        kind = excluded.kind,
        status = excluded.status,
        order_number = excluded.order_number,
        line_number = excluded.line_number,
        line_id = excluded.line_id,
        line_kind = excluded.line_kind,
        order_date = excluded.order_date,
        date_key = excluded.date_key,
        due_date = excluded.due_date,
        delivery_date = excluded.delivery_date,
        customer_key = excluded.customer_key,
        customer_number = excluded.customer_number,
        customer_name = excluded.customer_name,
        product_key = excluded.product_key,
        product_number = excluded.product_number,
        product_name = excluded.product_name,
        department_key = excluded.department_key,
        department_number = excluded.department_number,
        department_name = excluded.department_name,
        description = excluded.description,
        quantity = excluded.quantity,
        unit = excluded.unit,
        unit_net_price = excluded.unit_net_price,
        discount_percent = excluded.discount_percent,
        currency = excluded.currency,
        exchange_rate = excluded.exchange_rate,
        net_amount = excluded.net_amount,
        base_currency = excluded.base_currency,
        net_amount_base = excluded.net_amount_base,
        cost_base = excluded.cost_base,
        margin_base = excluded.margin_base
    returning (t.xmax = 0) as is_new
),

deleted as (
    delete from mart.fact_order_lines as t
    using changed_order as c
    where t.agreement_id = %(agreement_id)s
        and t.kind = c.kind
        and t.order_number = c.order_number
        and not exists (
            select 1
            from live_order_line as l
            inner join core.key_map as k
                on k.agreement_id = %(agreement_id)s
                and k.kind = 'order_line'
                and k.source_key = l.source_key
            where k.key = t.order_line_key
        )
    returning 1
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    (select count(*) from deleted) as deleted;
