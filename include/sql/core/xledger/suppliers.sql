-- grain: one supplier
-- reads: staging.xledger_suppliers
-- writes: core.supplier
-- sign and currency: none
select
    c.source_key as supplier_number,
    c.payload ->> 'code' as code,
    coalesce(
        nullif(btrim(c.payload ->> 'description'), ''), nullif(btrim(c.payload ->> 'code'), ''), c.source_key
    ) as name,
    c.payload -> 'currency' ->> 'code' as currency,
    c.payload -> 'subledgerGroup' ->> 'code' as group_number,
    nullif(c.payload -> 'address' ->> 'streetAddress', '') as address,
    nullif(c.payload -> 'address' ->> 'zipCode', '') as zip,
    nullif(c.payload -> 'address' ->> 'place', '') as city,
    c.payload -> 'address' -> 'country' ->> 'code' as country,
    nullif(c.payload -> 'company' ->> 'companyNumber', '') as registration_number,
    false as is_barred,
    c.is_deleted
from changed as c
