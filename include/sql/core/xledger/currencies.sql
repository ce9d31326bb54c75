-- grain: one currency
-- reads: staging.xledger_currencies
-- writes: core.currency
-- sign and currency: none
select distinct on (s.payload ->> 'code')
    s.payload ->> 'code' as code,
    coalesce(s.payload ->> 'description', s.payload ->> 'code') as name,
    s.is_deleted as is_deleted
from changed as c
inner join records as s
    on s.payload ->> 'code' = c.payload ->> 'code'
order by
    s.payload ->> 'code',
    s.is_deleted,
    s.source_key::numeric
