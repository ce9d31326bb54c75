-- grain: one booked invoice or credit note
-- reads: staging.economic_invoices
-- writes: core.invoice
-- sign and currency: as the vendor: in currency, base in base currency; rate is base currency per 100
select
    c.payload ->> 'bookedInvoiceNumber' as invoice_number,
    left(c.payload ->> 'date', 10)::date as date,
    left(c.payload ->> 'dueDate', 10)::date as due_date,
    c.payload -> 'customer' ->> 'customerNumber' as customer_number,
    c.payload ->> 'currency' as currency,
    nullif((c.payload ->> 'exchangeRate')::numeric, 0) as exchange_rate,
    (c.payload ->> 'netAmount')::numeric(19, 4) as net_amount,
    (c.payload ->> 'netAmountInBaseCurrency')::numeric(19, 4) as net_amount_base,
    (c.payload ->> 'grossAmount')::numeric(19, 4) as gross_amount,
    (c.payload ->> 'grossAmountInBaseCurrency')::numeric(19, 4) as gross_amount_base,
    (c.payload ->> 'vatAmount')::numeric(19, 4) as vat_amount,
    (c.payload ->> 'roundingAmount')::numeric(19, 4) as rounding_amount,
    c.payload -> 'paymentTerms' ->> 'paymentTermsNumber' as payment_terms_number,
    (c.payload ->> 'remainder')::numeric(19, 4) as remainder,
    (c.payload ->> 'remainderInBaseCurrency')::numeric(19, 4) as remainder_base,
    c.payload -> 'references' -> 'salesPerson' ->> 'employeeNumber' as sales_person_number,
    c.payload -> 'pdf' ->> 'download' is not null as has_pdf,
    c.is_deleted
from changed as c
