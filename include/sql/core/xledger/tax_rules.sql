-- grain: one tax rule, by its code, at the rate that was set last
-- reads: staging.xledger_tax_rules
-- writes: core.vat
-- sign and currency: rate in percent
select distinct on (s.payload -> 'objectValue' ->> 'code')
    s.payload -> 'objectValue' ->> 'code' as vat_code,
    coalesce(s.payload -> 'objectValue' ->> 'description', s.payload -> 'objectValue' ->> 'code') as name,
    (s.payload ->> 'taxPercent')::numeric as rate_percent,
    s.payload -> 'account' ->> 'code' as account_number,
    false as is_barred,
    s.is_deleted as is_deleted
from changed as c
inner join records as s
    on s.payload -> 'objectValue' ->> 'code' = c.payload -> 'objectValue' ->> 'code'
order by
    s.payload -> 'objectValue' ->> 'code',
    s.is_deleted,
    s.payload ->> 'dateFrom' desc nulls last,
    s.source_key::numeric desc
