-- grain: the company behind an agreement
-- reads: staging.economic_self
-- writes: core.agreement
-- sign and currency: names the base currency of the agreement
select
    'economic' as vendor,
    c.payload ->> 'agreementNumber' as agreement_number,
    coalesce(nullif(btrim(c.payload -> 'company' ->> 'name'), ''), c.payload ->> 'agreementNumber') as company_name,
    c.payload -> 'settings' ->> 'baseCurrency' as base_currency,
    -- The vendor has the country as a person typed it: what is not known stays empty.
    core.country_code(c.payload -> 'company' ->> 'country') as country
from changed as c
where not c.is_deleted
