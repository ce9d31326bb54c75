-- grain: one customer
-- reads: staging.economic_customers
-- writes: core.customer
-- sign and currency: none
select
    c.payload ->> 'customerNumber' as customer_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'customerNumber') as name,
    c.payload ->> 'currency' as currency,
    c.payload -> 'customerGroup' ->> 'customerGroupNumber' as group_number,
    c.payload -> 'paymentTerms' ->> 'paymentTermsNumber' as payment_terms_number,
    c.payload -> 'vatZone' ->> 'vatZoneNumber' as vat_zone_number,
    nullif(c.payload ->> 'address', '') as address,
    nullif(c.payload ->> 'zip', '') as zip,
    nullif(c.payload ->> 'city', '') as city,
    nullif(c.payload ->> 'country', '') as country,
    nullif(c.payload ->> 'corporateIdentificationNumber', '') as registration_number,
    nullif(c.payload ->> 'email', '') as email,
    coalesce((c.payload ->> 'barred')::boolean, false) as is_barred,
    c.is_deleted
from changed as c
