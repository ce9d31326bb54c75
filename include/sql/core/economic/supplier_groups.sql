-- grain: one group of suppliers
-- reads: staging.economic_supplier_groups
-- writes: core.supplier_group
-- sign and currency: none
select
    c.payload ->> 'number' as group_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'number') as name,
    c.payload ->> 'accountNumber' as account_number,
    c.is_deleted
from changed as c
