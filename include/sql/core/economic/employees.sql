-- grain: one employee
-- reads: staging.economic_employees
-- writes: core.employee
-- sign and currency: none
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_employees as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'employeeNumber' as employee_number,
        c.payload ->> 'name' as name,
        c.payload -> 'employeeGroup' ->> 'employeeGroupNumber' as group_number,
        nullif(c.payload ->> 'email', '') as email,
        nullif(c.payload ->> 'phone', '') as phone,
        coalesce((c.payload ->> 'barred')::boolean, false) as is_barred,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.employee as t (
    agreement_id, employee_number, name, group_number, email, phone, is_barred, is_deleted,
    change_seq
)
select
    agreement_id, employee_number, name, group_number, email, phone, is_barred, is_deleted,
    %(change_seq)s
from final
on conflict (agreement_id, employee_number) do update set
    name = excluded.name,
    group_number = excluded.group_number,
    email = excluded.email,
    phone = excluded.phone,
    is_barred = excluded.is_barred,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.name, t.group_number, t.email, t.phone, t.is_barred, t.is_deleted
) is distinct from (
    excluded.name, excluded.group_number, excluded.email, excluded.phone, excluded.is_barred,
    excluded.is_deleted
);
