-- grain: one line of an order
-- reads: staging.economic_order_lines
-- writes: core.sales_order_line
-- sign and currency: as the vendor: in currency, base in base currency; rate is base currency per 100
select
    'order' as kind,
    c.payload ->> 'documentId' as document_id,
    c.payload ->> 'number' as line_id,
    c.payload ->> 'orderNumber' as order_number,
    (c.payload ->> 'userInterfaceNumber')::integer as line_number,
    nullif(c.payload ->> 'productNumber', '') as product_number,
    nullif(c.payload ->> 'description', '') as description,
    (c.payload ->> 'quantity')::numeric as quantity,
    c.payload ->> 'unitNumber' as unit_number,
    (c.payload ->> 'unitNetPrice')::numeric as unit_net_price,
    (c.payload ->> 'unitCostPrice')::numeric as unit_cost_price,
    (c.payload ->> 'discountPercentage')::numeric as discount_percent,
    c.payload ->> 'departmentNumber' as department_number,
    (c.payload ->> 'totalNetAmount')::numeric(19, 4) as net_amount,
    c.is_deleted
from changed as c
