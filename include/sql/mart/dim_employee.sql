-- grain: one employee of an agreement
-- reads: core.employee
-- writes: core.key_map, mart.dim_employee
-- sign and currency: none
-- rows: core.employee
-- key order: employee_number
select
    c.employee_number as employee_key,
    coalesce(c.code, c.employee_number) as employee_number,
    c.name,
    c.group_number,
    c.email,
    c.is_barred,
    c.is_deleted
from core.employee as c
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_employee)s
