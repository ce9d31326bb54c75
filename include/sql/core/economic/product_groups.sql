-- grain: one group of products
-- reads: staging.economic_product_groups
-- writes: core.product_group
-- sign and currency: none
select
    c.payload ->> 'productGroupNumber' as group_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'productGroupNumber') as name,
    coalesce((c.payload ->> 'inventoryEnabled')::boolean, false) as is_stocked,
    c.is_deleted
from changed as c
