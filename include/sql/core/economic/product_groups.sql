-- grain: one group of products
-- reads: staging.economic_product_groups
-- writes: core.product_group
-- sign and currency: none
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_product_groups as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'productGroupNumber' as group_number,
        c.payload ->> 'name' as name,
        coalesce((c.payload ->> 'inventoryEnabled')::boolean, false) as is_stocked,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.product_group as t (
    agreement_id, group_number, name, is_stocked, is_deleted, change_seq
)
select
    agreement_id, group_number, name, is_stocked, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, group_number) do update set
    name = excluded.name,
    is_stocked = excluded.is_stocked,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.name, t.is_stocked, t.is_deleted
) is distinct from (
    excluded.name, excluded.is_stocked, excluded.is_deleted
);
