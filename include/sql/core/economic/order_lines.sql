-- grain: one line of an order
-- reads: staging.economic_order_lines
-- writes: core.sales_order_line
-- sign and currency: as the vendor: in currency, base in base currency; rate is base currency per 100
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_order_lines as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        'order' as kind,
        c.payload ->> 'documentId' as document_id,
        c.payload ->> 'number' as line_id,
        c.payload ->> 'orderNumber' as order_number,
        (c.payload ->> 'userInterfaceNumber')::integer as line_number,
        nullif(c.payload ->> 'productNumber', '') as product_number,
        nullif(c.payload ->> 'description', '') as description,
        (c.payload ->> 'quantity')::numeric(19, 4) as quantity,
        c.payload ->> 'unitNumber' as unit_number,
        (c.payload ->> 'unitNetPrice')::numeric(19, 4) as unit_net_price,
        (c.payload ->> 'unitCostPrice')::numeric(19, 4) as unit_cost_price,
        (c.payload ->> 'discountPercentage')::numeric(18, 8) as discount_percent,
        c.payload ->> 'departmentNumber' as department_number,
        (c.payload ->> 'totalNetAmount')::numeric(19, 4) as net_amount,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.sales_order_line as t (
    agreement_id, kind, document_id, line_id, order_number, line_number, product_number,
    description, quantity, unit_number, unit_net_price, unit_cost_price, discount_percent,
    department_number, net_amount, is_deleted, change_seq
)
select
    agreement_id, kind, document_id, line_id, order_number, line_number, product_number,
    description, quantity, unit_number, unit_net_price, unit_cost_price, discount_percent,
    department_number, net_amount, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, kind, document_id, line_id) do update set
    order_number = excluded.order_number,
    line_number = excluded.line_number,
    product_number = excluded.product_number,
    description = excluded.description,
    quantity = excluded.quantity,
    unit_number = excluded.unit_number,
    unit_net_price = excluded.unit_net_price,
    unit_cost_price = excluded.unit_cost_price,
    discount_percent = excluded.discount_percent,
    department_number = excluded.department_number,
    net_amount = excluded.net_amount,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.order_number, t.line_number, t.product_number, t.description, t.quantity, t.unit_number,
    t.unit_net_price, t.unit_cost_price, t.discount_percent, t.department_number, t.net_amount,
    t.is_deleted
) is distinct from (
    excluded.order_number, excluded.line_number, excluded.product_number, excluded.description,
    excluded.quantity, excluded.unit_number, excluded.unit_net_price, excluded.unit_cost_price,
    excluded.discount_percent, excluded.department_number, excluded.net_amount, excluded.is_deleted
);
