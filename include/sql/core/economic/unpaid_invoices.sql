-- grain: one invoice that is not paid
-- reads: staging.economic_unpaid_invoices
-- writes: core.open_invoice
-- sign and currency: as the vendor: in currency, base in base currency; rate is base currency per 100
select
    c.payload ->> 'bookedInvoiceNumber' as invoice_number,
    left(c.payload ->> 'date', 10)::date as date,
    left(c.payload ->> 'dueDate', 10)::date as due_date,
    c.payload -> 'customer' ->> 'customerNumber' as customer_number,
    c.payload ->> 'currency' as currency,
    (c.payload ->> 'remainder')::numeric(19, 4) as remainder,
    (c.payload ->> 'remainderInBaseCurrency')::numeric(19, 4) as remainder_base,
    c.is_deleted
from changed as c
