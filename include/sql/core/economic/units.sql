-- grain: one unit of quantities
-- reads: staging.economic_units
-- writes: core.unit
-- sign and currency: none
select
    c.payload ->> 'unitNumber' as unit_number,
    c.payload ->> 'name' as name,
    c.is_deleted
from changed as c
