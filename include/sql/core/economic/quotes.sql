-- grain: one quote, in whatever list it is
-- reads: staging.economic_quotes
-- writes: core.sales_order
-- sign and currency: as the vendor: in currency, base in base currency; rate is base currency per 100
select
    'quote' as kind,
    c.payload ->> 'quoteNumber' as order_number,
    case
        when strpos(c.payload ->> 'self', '/quotes/drafts/') > 0 then 'draft'
        when strpos(c.payload ->> 'self', '/quotes/sent/') > 0 then 'sent'
        when strpos(c.payload ->> 'self', '/quotes/archived/') > 0 then 'archived'
    end as status,
    left(c.payload ->> 'date', 10)::date as date,
    left(c.payload ->> 'dueDate', 10)::date as due_date,
    left(c.payload -> 'delivery' ->> 'deliveryDate', 10)::date as delivery_date,
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
    (c.payload ->> 'costPriceInBaseCurrency')::numeric(19, 4) as cost_base,
    (c.payload ->> 'marginInBaseCurrency')::numeric(19, 4) as margin_base,
    c.payload -> 'references' -> 'salesPerson' ->> 'employeeNumber' as sales_person_number,
    c.is_deleted
from changed as c
