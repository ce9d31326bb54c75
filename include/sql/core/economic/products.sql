-- grain: one product
-- reads: staging.economic_products
-- writes: core.product
-- sign and currency: none; prices in base currency
select
    c.payload ->> 'productNumber' as product_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'productNumber') as name,
    nullif(c.payload ->> 'description', '') as description,
    c.payload -> 'productGroup' ->> 'productGroupNumber' as group_number,
    c.payload -> 'unit' ->> 'unitNumber' as unit_number,
    (c.payload ->> 'salesPrice')::numeric as sales_price,
    (c.payload ->> 'costPrice')::numeric as cost_price,
    (c.payload ->> 'recommendedPrice')::numeric as recommended_price,
    nullif(c.payload ->> 'barCode', '') as bar_code,
    coalesce((c.payload ->> 'barred')::boolean, false) as is_barred,
    c.is_deleted
from changed as c
