-- grain: one unit of quantities
-- reads: staging.economic_units
-- writes: core.unit
-- sign and currency: none
select
    c.payload ->> 'unitNumber' as unit_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'unitNumber') as name,
    c.is_deleted
from changed as c
