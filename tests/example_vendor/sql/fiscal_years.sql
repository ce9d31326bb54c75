-- grain: one accounting year
-- reads: staging.example_vendor_fiscal_years
-- writes: core.accounting_year
-- sign and currency: none
select
    c.payload ->> 'fiscal_year' as accounting_year,
    (c.payload ->> 'first_day')::date as start_date,
    (c.payload ->> 'last_day')::date as end_date,
    (c.payload ->> 'is_locked')::boolean as is_closed,
    c.is_deleted
from changed as c
