-- grain: one department of an agreement, or one distribution its people made (number D|n)
-- reads: core.department, core.departmental_distribution
-- writes: core.key_map, mart.dim_department
-- sign and currency: none
-- again with: core.department, core.departmental_distribution
-- key order: department_number
select
    c.department_number as department_key,
    c.department_number,
    c.name,
    c.is_barred,
    c.is_distribution,
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
    c.is_deleted
from core.departmental_distribution as c
where c.agreement_id = %(agreement_id)s
    -- Those the vendor generates stand for one department each, which is there already.
    and not c.is_generated
