-- grain: one department of an agreement, one distribution its people made (number D|n), one member of its first dimension or one that lines have in it, or a department that only a budget knows
-- reads: core.department, core.departmental_distribution, core.entry_dimension, core.dimension_slot, core.dimension_member, core.budget, core.known_department, core.key_map
-- writes: core.key_map, mart.dim_department
-- sign and currency: none
-- again with: core.department, core.departmental_distribution, core.entry_dimension, core.dimension_slot, core.dimension_member, core.budget
-- key order: department_number
with slot as (
    select t.kind_number
    from core.dimension_slot as t
    where t.agreement_id = %(agreement_id)s
        and t.dimension_number = 1
        and not t.is_deleted
),

-- The first dimension may have been of another kind before: whom lines have in it stays.
named as (
    select d.member_number
    from core.entry_dimension as d
    where d.agreement_id = %(agreement_id)s
        and d.dimension_number = 1
        and not d.is_deleted
        -- All of them where the dimensions changed, none where the company sets up none itself.
        and d.change_seq > (
            select
                case
                    when max(o.change_seq) > %(since_dimension_slot)s then 0
                    else %(since_entry_dimension)s
                end
            from core.dimension_slot as o
            where o.agreement_id = %(agreement_id)s
            having count(*) > 0
        )
    union
    select d.member_number
    from core.dimension_member as c
    inner join core.entry_dimension as d
        on d.agreement_id = c.agreement_id
        and d.member_number = c.member_number
        and d.dimension_number = 1
        and not d.is_deleted
    where c.agreement_id = %(agreement_id)s
        and c.change_seq > %(since_dimension_member)s
        and c.kind_number is distinct from (select t.kind_number from slot as t)
    union
    select k.source_key as member_number
    from core.key_map as k
    where k.agreement_id = %(agreement_id)s
        and k.kind = 'department'
)

select
    c.department_number as department_key,
    c.department_number,
    c.name,
    c.is_barred,
    c.is_distribution,
    false as is_budget_only,
    c.is_deleted
from core.department as c
where c.agreement_id = %(agreement_id)s
union all
select
    'D|' || c.distribution_number as department_key,
    'D|' || c.distribution_number as department_number,
    c.name,
    c.is_barred,
    true as is_distribution,
    false as is_budget_only,
    c.is_deleted
from core.departmental_distribution as c
where c.agreement_id = %(agreement_id)s
    -- Those the vendor generates stand for one department each, which is there already.
    and not c.is_generated
union all
-- Where the company sets up its dimensions itself, the first one is the department.
select
    c.member_number as department_key,
    coalesce(c.code, c.member_number) as department_number,
    c.name,
    false as is_barred,
    false as is_distribution,
    false as is_budget_only,
    c.is_deleted or t.kind_number is null as is_deleted
from core.dimension_member as c
left join slot as t on t.kind_number = c.kind_number
where c.agreement_id = %(agreement_id)s
    and (t.kind_number is not null or c.member_number in (select n.member_number from named as n))
union all
select distinct
    'B|' || b.department as department_key,
    b.department as department_number,
    b.department as name,
    false as is_barred,
    false as is_distribution,
    true as is_budget_only,
    false as is_deleted
from core.budget as b
where b.agreement_id = %(agreement_id)s
    and not b.is_deleted
    and b.department <> ''
    and not exists (
        select
        from core.known_department as k
        where k.agreement_id = b.agreement_id
            and (k.code = b.department or lower(k.name) = lower(b.department))
    )
