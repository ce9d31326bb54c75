-- grain: one employee of an agreement
-- reads: core.employee, core.key_map
-- writes: core.key_map, mart.dim_employee
-- sign and currency: none
insert into core.key_map (agreement_id, kind, source_key)
select
    c.agreement_id,
    'employee' as kind,
    c.employee_number as source_key
from core.employee as c
left join core.key_map as k
    on k.agreement_id = c.agreement_id
    and k.kind = 'employee'
    and k.source_key = c.employee_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_employee)s
    and k.key is null
order by c.employee_number;

with final as (
    select
        k.key as employee_key,
        %(agreement_key)s as agreement_key,
        c.employee_number as employee_number,
        c.name as name,
        c.group_number as group_number,
        c.email as email,
        c.is_barred as is_barred,
        c.is_deleted as is_deleted
    from core.employee as c
    inner join core.key_map as k
        on k.agreement_id = c.agreement_id
        and k.kind = 'employee'
        and k.source_key = c.employee_number
    where c.agreement_id = %(agreement_id)s
        and c.change_seq > %(since_employee)s
),

upserted as (
    insert into mart.dim_employee as t (
        employee_key, agreement_key, employee_number, name, group_number, email, is_barred,
        is_deleted
    )
    select
        employee_key, agreement_key, employee_number, name, group_number, email, is_barred,
        is_deleted
    from final
    on conflict (employee_key) do update set
        agreement_key = excluded.agreement_key,
        employee_number = excluded.employee_number,
        name = excluded.name,
        group_number = excluded.group_number,
        email = excluded.email,
        is_barred = excluded.is_barred,
        is_deleted = excluded.is_deleted
    where (
        t.agreement_key, t.employee_number, t.name, t.group_number, t.email, t.is_barred,
        t.is_deleted
    ) is distinct from (
        excluded.agreement_key, excluded.employee_number, excluded.name, excluded.group_number,
        excluded.email, excluded.is_barred, excluded.is_deleted
    )
    returning (t.xmax = 0) as is_new
),

-- Rows nobody knows are found when everything is rebuilt.
deleted as (
    delete from mart.dim_employee as t
    where t.agreement_key = %(agreement_key)s
        and %(since_employee)s = 0
        and not exists (select 1 from final as f where f.employee_key = t.employee_key)
    returning 1
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    (select count(*) from deleted) as deleted;
