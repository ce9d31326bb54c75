-- grain: one department of an agreement, one distribution its people made (number D|n), one member of its first dimension, or a department that only a budget knows
-- reads: core.department, core.departmental_distribution, core.dimension_slot, core.dimension_member, core.budget, core.known_department
-- writes: core.key_map, mart.dim_department
-- sign and currency: none
-- again with: core.department, core.departmental_distribution, core.dimension_slot, core.dimension_member, core.budget
-- key order: department_number
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
    c.is_deleted
from core.dimension_slot as t
inner join core.dimension_member as c
    on c.agreement_id = t.agreement_id
    and c.kind_number = t.kind_number
where t.agreement_id = %(agreement_id)s
    and t.dimension_number = 1
    and not t.is_deleted
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
