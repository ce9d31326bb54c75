-- grain: one product of an agreement
-- reads: core.product, core.product_group, core.unit
-- writes: core.key_map, mart.dim_product
-- sign and currency: prices in the agreement's base currency, as the vendor has them
-- rows: core.product
-- again with: core.product_group, core.unit
-- key order: product_number
select
    c.product_number as product_key,
    c.product_number,
    c.name,
    c.description,
    c.group_number,
    g.name as group_name,
    c.unit_number,
    u.name as unit_name,
    c.sales_price,
    c.cost_price,
    c.recommended_price,
    c.bar_code,
    c.is_barred,
    c.is_deleted
from core.product as c
-- Left joins: a name that is not (yet) known is none.
left join core.product_group as g
    on g.agreement_id = c.agreement_id
    and g.group_number = c.group_number
left join core.unit as u
    on u.agreement_id = c.agreement_id
    and u.unit_number = c.unit_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_product)s
