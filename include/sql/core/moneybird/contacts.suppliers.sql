-- grain: one contact, as a supplier: Moneybird does not tell one from the other
-- reads: staging.moneybird_contacts
-- writes: core.supplier
-- sign and currency: none
select
    c.source_key as supplier_number,
    nullif(c.payload ->> 'customer_id', '') as code,
    coalesce(
        nullif(btrim(c.payload ->> 'company_name'), ''),
        nullif(concat_ws(' ', nullif(btrim(c.payload ->> 'firstname'), ''), nullif(btrim(c.payload ->> 'lastname'), '')), ''),
        nullif(btrim(c.payload ->> 'customer_id'), ''),
        c.source_key
    ) as name,
    nullif(concat_ws(', ', nullif(btrim(c.payload ->> 'address1'), ''), nullif(btrim(c.payload ->> 'address2'), '')), '') as address,
    nullif(c.payload ->> 'zipcode', '') as zip,
    nullif(c.payload ->> 'city', '') as city,
    nullif(c.payload ->> 'country', '') as country,
    nullif(c.payload ->> 'chamber_of_commerce', '') as registration_number,
    coalesce((c.payload ->> 'archived')::boolean, false) as is_barred,
    c.is_deleted
from changed as c
