-- grain: one kind of booked invoices (all, paid, unpaid), as the vendor sums it up
-- reads: staging.economic_invoice_totals
-- writes: core.invoice_total
-- sign and currency: as the vendor: invoices positive, credit notes negative; base currency
select
    c.payload ->> 'totalsOf' as totals_of,
    (c.payload ->> 'netAmountInBaseCurrency')::numeric(19, 4) as net_amount_base,
    (c.payload ->> 'invoiceCount')::integer as invoice_count,
    (c.payload ->> 'grossRemainderInBaseCurrency')::numeric(19, 4) as remainder_base,
    left(c.payload ->> 'minDate', 10)::date as first_date,
    left(c.payload ->> 'maxDate', 10)::date as last_date,
    c.is_deleted
from changed as c
