-- grain: one supplier
-- reads: staging.economic_suppliers
-- writes: core.supplier
-- sign and currency: none
select
    c.payload ->> 'supplierNumber' as supplier_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'supplierNumber') as name,
    c.payload ->> 'currency' as currency,
    c.payload -> 'supplierGroup' ->> 'supplierGroupNumber' as group_number,
    c.payload -> 'paymentTerms' ->> 'paymentTermsNumber' as payment_terms_number,
    c.payload -> 'vatZone' ->> 'vatZoneNumber' as vat_zone_number,
    nullif(c.payload ->> 'address', '') as address,
    nullif(c.payload ->> 'zip', '') as zip,
    nullif(c.payload ->> 'city', '') as city,
    nullif(c.payload ->> 'country', '') as country,
    nullif(c.payload ->> 'corporateIdentificationNumber', '') as registration_number,
    coalesce((c.payload ->> 'barred')::boolean, false) as is_barred,
    c.is_deleted
from changed as c
