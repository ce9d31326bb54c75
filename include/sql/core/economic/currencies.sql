-- grain: one currency the agreement uses
-- reads: staging.economic_currencies
-- writes: core.currency
-- sign and currency: none
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_currencies as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'code' as code,
        c.payload ->> 'name' as name,
        nullif(c.payload ->> 'isoNumber', '') as iso_number,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.currency as t (
    agreement_id, code, name, iso_number, is_deleted, change_seq
)
select
    agreement_id, code, name, iso_number, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, code) do update set
    name = excluded.name,
    iso_number = excluded.iso_number,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.name, t.iso_number, t.is_deleted
) is distinct from (
    excluded.name, excluded.iso_number, excluded.is_deleted
);
