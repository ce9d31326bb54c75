-- grain: one group of customers
-- reads: staging.economic_customer_groups
-- writes: core.customer_group
-- sign and currency: none
select
    c.payload ->> 'customerGroupNumber' as group_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'customerGroupNumber') as name,
    c.payload -> 'account' ->> 'accountNumber' as account_number,
    c.is_deleted
from changed as c
