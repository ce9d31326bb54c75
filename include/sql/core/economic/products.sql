-- grain: one product
-- reads: staging.economic_products
-- writes: core.product
-- sign and currency: none; prices in base currency
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_products as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'productNumber' as product_number,
        c.payload ->> 'name' as name,
        nullif(c.payload ->> 'description', '') as description,
        c.payload -> 'productGroup' ->> 'productGroupNumber' as group_number,
        c.payload -> 'unit' ->> 'unitNumber' as unit_number,
        (c.payload ->> 'salesPrice')::numeric(19, 4) as sales_price,
        (c.payload ->> 'costPrice')::numeric(19, 4) as cost_price,
        (c.payload ->> 'recommendedPrice')::numeric(19, 4) as recommended_price,
        nullif(c.payload ->> 'barCode', '') as bar_code,
        coalesce((c.payload ->> 'barred')::boolean, false) as is_barred,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.product as t (
    agreement_id, product_number, name, description, group_number, unit_number, sales_price,
    cost_price, recommended_price, bar_code, is_barred, is_deleted, change_seq
)
select
    agreement_id, product_number, name, description, group_number, unit_number, sales_price,
    cost_price, recommended_price, bar_code, is_barred, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, product_number) do update set
    name = excluded.name,
    description = excluded.description,
    group_number = excluded.group_number,
    unit_number = excluded.unit_number,
    sales_price = excluded.sales_price,
    cost_price = excluded.cost_price,
    recommended_price = excluded.recommended_price,
    bar_code = excluded.bar_code,
    is_barred = excluded.is_barred,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.name, t.description, t.group_number, t.unit_number, t.sales_price, t.cost_price,
    t.recommended_price, t.bar_code, t.is_barred, t.is_deleted
) is distinct from (
    excluded.name, excluded.description, excluded.group_number, excluded.unit_number,
    excluded.sales_price, excluded.cost_price, excluded.recommended_price, excluded.bar_code,
    excluded.is_barred, excluded.is_deleted
);
