-- grain: one product of an agreement
-- reads: core.product, core.product_group, core.unit, core.key_map
-- writes: core.key_map, mart.dim_product
-- sign and currency: prices in the agreement's base currency, as the vendor has them
insert into core.key_map (agreement_id, kind, source_key)
select
    c.agreement_id,
    'product' as kind,
    c.product_number as source_key
from core.product as c
left join core.key_map as k
    on k.agreement_id = c.agreement_id
    and k.kind = 'product'
    and k.source_key = c.product_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_product)s
    and k.key is null
order by c.product_number;

with final as (
    select
        k.key as product_key,
        %(agreement_key)s as agreement_key,
        c.product_number as product_number,
        c.name as name,
        c.description as description,
        c.group_number as group_number,
        g.name as group_name,
        c.unit_number as unit_number,
        u.name as unit_name,
        c.sales_price as sales_price,
        c.cost_price as cost_price,
        c.recommended_price as recommended_price,
        c.bar_code as bar_code,
        c.is_barred as is_barred,
        c.is_deleted as is_deleted
    from core.product as c
    inner join core.key_map as k
        on k.agreement_id = c.agreement_id
        and k.kind = 'product'
        and k.source_key = c.product_number
    -- Left joins: a name that is not (yet) known is none.
    left join core.product_group as g
        on g.agreement_id = c.agreement_id
        and g.group_number = c.group_number
    left join core.unit as u
        on u.agreement_id = c.agreement_id
        and u.unit_number = c.unit_number
    where c.agreement_id = %(agreement_id)s
        and (
            c.change_seq > %(since_product)s
            or exists (
                select 1
                from core.product_group as o
                where o.agreement_id = %(agreement_id)s
                    and o.change_seq > %(since_product_group)s
            )
            or exists (
                select 1
                from core.unit as o
                where o.agreement_id = %(agreement_id)s
                    and o.change_seq > %(since_unit)s
            )
        )
),

upserted as (
    insert into mart.dim_product as t (
        product_key, agreement_key, product_number, name, description, group_number, group_name,
        unit_number, unit_name, sales_price, cost_price, recommended_price, bar_code, is_barred,
        is_deleted
    )
    select
        product_key, agreement_key, product_number, name, description, group_number, group_name,
        unit_number, unit_name, sales_price, cost_price, recommended_price, bar_code, is_barred,
        is_deleted
    from final
    on conflict (product_key) do update set
        agreement_key = excluded.agreement_key,
        product_number = excluded.product_number,
        name = excluded.name,
        description = excluded.description,
        group_number = excluded.group_number,
        group_name = excluded.group_name,
        unit_number = excluded.unit_number,
        unit_name = excluded.unit_name,
        sales_price = excluded.sales_price,
        cost_price = excluded.cost_price,
        recommended_price = excluded.recommended_price,
        bar_code = excluded.bar_code,
        is_barred = excluded.is_barred,
        is_deleted = excluded.is_deleted
    where (
        t.agreement_key, t.product_number, t.name, t.description, t.group_number, t.group_name,
        t.unit_number, t.unit_name, t.sales_price, t.cost_price, t.recommended_price, t.bar_code,
        t.is_barred, t.is_deleted
    ) is distinct from (
        excluded.agreement_key, excluded.product_number, excluded.name, excluded.description,
        excluded.group_number, excluded.group_name, excluded.unit_number, excluded.unit_name,
        excluded.sales_price, excluded.cost_price, excluded.recommended_price, excluded.bar_code,
        excluded.is_barred, excluded.is_deleted
    )
    returning (t.xmax = 0) as is_new
),

-- Rows nobody knows are found when everything is rebuilt.
deleted as (
    delete from mart.dim_product as t
    where t.agreement_key = %(agreement_key)s
        and %(since_product)s = 0
        and not exists (select 1 from final as f where f.product_key = t.product_key)
    returning 1
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    (select count(*) from deleted) as deleted;
