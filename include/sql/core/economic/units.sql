-- grain: one unit of quantities
-- reads: staging.economic_units
-- writes: core.unit
-- sign and currency: none
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_units as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'unitNumber' as unit_number,
        c.payload ->> 'name' as name,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.unit as t (
    agreement_id, unit_number, name, is_deleted, change_seq
)
select
    agreement_id, unit_number, name, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, unit_number) do update set
    name = excluded.name,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.name, t.is_deleted
) is distinct from (
    excluded.name, excluded.is_deleted
);
