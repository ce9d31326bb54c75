-- grain: the legal entity behind an agreement
-- reads: staging.xledger_entities
-- writes: core.agreement
-- sign and currency: names the base currency of the agreement
select
    'xledger' as vendor,
    c.source_key as agreement_number,
    coalesce(
        nullif(btrim(c.payload ->> 'description'), ''), nullif(btrim(c.payload ->> 'code'), ''), c.source_key
    ) as company_name,
    -- An entity that names no currency keeps its books in the country's.
    coalesce(nullif(btrim(c.payload -> 'currency' ->> 'code'), ''), 'NOK') as base_currency,
    core.country_code(c.payload -> 'company' -> 'country' ->> 'code') as country
from changed as c
where not c.is_deleted
