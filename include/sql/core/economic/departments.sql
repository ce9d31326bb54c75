-- grain: one department
-- reads: staging.economic_departments
-- writes: core.department
-- sign and currency: none
select
    c.payload ->> 'departmentNumber' as department_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'departmentNumber') as name,
    coalesce((c.payload ->> 'barred')::boolean, false) as is_barred,
    false as is_distribution,
    c.is_deleted
from changed as c
