-- grain: one customer
-- reads: staging.example_vendor_contacts
-- writes: core.customer
-- sign and currency: none
select
    c.payload ->> 'contact_id' as customer_number,
    c.payload ->> 'display_name' as name,
    c.payload -> 'address' ->> 'street' as address,
    c.payload -> 'address' ->> 'postal_code' as zip,
    c.payload -> 'address' ->> 'city' as city,
    c.payload -> 'address' ->> 'country_code' as country,
    c.payload ->> 'email' as email,
    (c.payload ->> 'is_blocked')::boolean as is_barred,
    c.is_deleted
from changed as c
