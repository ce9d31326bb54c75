-- grain: one employee
-- reads: staging.economic_employees
-- writes: core.employee
-- sign and currency: none
select
    c.payload ->> 'employeeNumber' as employee_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'employeeNumber') as name,
    c.payload -> 'employeeGroup' ->> 'employeeGroupNumber' as group_number,
    nullif(c.payload ->> 'email', '') as email,
    nullif(c.payload ->> 'phone', '') as phone,
    coalesce((c.payload ->> 'barred')::boolean, false) as is_barred,
    c.is_deleted
from changed as c
