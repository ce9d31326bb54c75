-- grain: the company behind an agreement
-- reads: staging.example_vendor_company
-- writes: core.agreement
-- sign and currency: names the base currency of the agreement
select
    'example_vendor' as vendor,
    c.payload ->> 'company_id' as agreement_number,
    c.payload ->> 'legal_name' as company_name,
    c.payload ->> 'currency' as base_currency,
    c.payload ->> 'country_code' as country
from changed as c
where not c.is_deleted
