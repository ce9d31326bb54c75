-- grain: one employee
-- reads: staging.xledger_employees
-- writes: core.employee
-- sign and currency: none
select
    c.source_key as employee_number,
    c.payload ->> 'code' as code,
    coalesce(
        nullif(btrim(c.payload ->> 'description'), ''), nullif(btrim(c.payload ->> 'code'), ''), c.source_key
    ) as name,
    c.payload -> 'employeeGroup' ->> 'code' as group_number,
    nullif(c.payload ->> 'email', '') as email,
    false as is_barred,
    c.is_deleted
from changed as c
