-- grain: one currency the agreement uses
-- reads: staging.economic_currencies
-- writes: core.currency
-- sign and currency: none
select
    c.payload ->> 'code' as code,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'code') as name,
    nullif(c.payload ->> 'isoNumber', '') as iso_number,
    c.is_deleted
from changed as c
