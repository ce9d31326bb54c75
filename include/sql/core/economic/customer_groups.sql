-- grain: one group of customers
-- reads: staging.economic_customer_groups
-- writes: core.customer_group
-- sign and currency: none
select
    c.payload ->> 'customerGroupNumber' as group_number,
    c.payload ->> 'name' as name,
    c.payload -> 'account' ->> 'accountNumber' as account_number,
    c.is_deleted
from changed as c
