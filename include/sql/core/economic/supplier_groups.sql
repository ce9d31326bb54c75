-- grain: one group of suppliers
-- reads: staging.economic_supplier_groups
-- writes: core.supplier_group
-- sign and currency: none
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_supplier_groups as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'number' as group_number,
        c.payload ->> 'name' as name,
        c.payload ->> 'accountNumber' as account_number,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.supplier_group as t (
    agreement_id, group_number, name, account_number, is_deleted, change_seq
)
select
    agreement_id, group_number, name, account_number, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, group_number) do update set
    name = excluded.name,
    account_number = excluded.account_number,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.name, t.account_number, t.is_deleted
) is distinct from (
    excluded.name, excluded.account_number, excluded.is_deleted
);
