-- grain: one account in one accounting year or period, as the vendor sums it up
-- reads: staging.economic_account_totals
-- writes: core.account_total
-- sign and currency: debit positive, base currency
select
    c.payload -> 'account' ->> 'accountNumber' as account_number,
    left(c.payload ->> 'fromDate', 10)::date as start_date,
    left(c.payload ->> 'toDate', 10)::date as end_date,
    (c.payload ->> 'totalInBaseCurrency')::numeric(19, 4) as total_base,
    c.is_deleted
from changed as c
