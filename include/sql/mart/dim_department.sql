-- grain: one department of an agreement, or one distribution its people made (number D|n)
-- reads: core.department, core.departmental_distribution, core.key_map
-- writes: core.key_map, mart.dim_department
-- sign and currency: none
create temporary table member on commit drop as
select
    c.department_number as department_number,
    c.name as name,
    c.is_barred as is_barred,
    c.is_distribution as is_distribution,
    c.is_deleted as is_deleted
from core.department as c
where c.agreement_id = %(agreement_id)s
union all
select
    'D|' || c.distribution_number as department_number,
    c.name as name,
    c.is_barred as is_barred,
    true as is_distribution,
    c.is_deleted as is_deleted
from core.departmental_distribution as c
where c.agreement_id = %(agreement_id)s
    -- Those the vendor generates stand for one department each, which is there already.
    and not c.is_generated;

insert into core.key_map (agreement_id, kind, source_key)
select
    %(agreement_id)s as agreement_id,
    'department' as kind,
    c.department_number as source_key
from member as c
left join core.key_map as k
    on k.agreement_id = %(agreement_id)s
    and k.kind = 'department'
    and k.source_key = c.department_number
where k.key is null
order by c.department_number;

with final as (
    select
        k.key as department_key,
        %(agreement_key)s as agreement_key,
        c.department_number as department_number,
        c.name as name,
        c.is_barred as is_barred,
        c.is_distribution as is_distribution,
        c.is_deleted as is_deleted
    from member as c
    inner join core.key_map as k
        on k.agreement_id = %(agreement_id)s
        and k.kind = 'department'
        and k.source_key = c.department_number
),

upserted as (
    insert into mart.dim_department as t (
        department_key, agreement_key, department_number, name, is_barred, is_distribution,
        is_deleted
    )
    select
        department_key, agreement_key, department_number, name, is_barred, is_distribution,
        is_deleted
    from final
    on conflict (department_key) do update set
        agreement_key = excluded.agreement_key,
        department_number = excluded.department_number,
        name = excluded.name,
        is_barred = excluded.is_barred,
        is_distribution = excluded.is_distribution,
        is_deleted = excluded.is_deleted
    where (
        t.agreement_key, t.department_number, t.name, t.is_barred, t.is_distribution,
        t.is_deleted
    ) is distinct from (
        excluded.agreement_key, excluded.department_number, excluded.name, excluded.is_barred,
        excluded.is_distribution, excluded.is_deleted
    )
    returning (t.xmax = 0) as is_new
),

deleted as (
    delete from mart.dim_department as t
    where t.agreement_key = %(agreement_key)s
        and not exists (select 1 from final as f where f.department_key = t.department_key)
    returning 1
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    (select count(*) from deleted) as deleted;
