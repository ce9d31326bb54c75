-- grain: one department
-- reads: staging.economic_departments
-- writes: core.department
-- sign and currency: none
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_departments as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'departmentNumber' as department_number,
        c.payload ->> 'name' as name,
        coalesce((c.payload ->> 'barred')::boolean, false) as is_barred,
        false as is_distribution,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.department as t (
    agreement_id, department_number, name, is_barred, is_distribution, is_deleted, change_seq
)
select
    agreement_id, department_number, name, is_barred, is_distribution, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, department_number) do update set
    name = excluded.name,
    is_barred = excluded.is_barred,
    is_distribution = excluded.is_distribution,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (t.name, t.is_barred, t.is_distribution, t.is_deleted)
    is distinct from (
        excluded.name, excluded.is_barred, excluded.is_distribution, excluded.is_deleted
    );
