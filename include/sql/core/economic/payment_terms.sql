-- grain: one set of payment terms
-- reads: staging.economic_payment_terms
-- writes: core.payment_terms
-- sign and currency: none
select
    c.payload ->> 'paymentTermsNumber' as payment_terms_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'paymentTermsNumber') as name,
    case
        when c.payload ->> 'paymentTermsType' in (
            'net', 'invoiceMonth', 'paidInCash', 'prepaid', 'dueDate', 'factoring',
            'invoiceWeekStartingSunday', 'invoiceWeekStartingMonday', 'creditcard'
        )
        then lower(regexp_replace(c.payload ->> 'paymentTermsType', '([A-Z])', '_\1', 'g'))
        else 'other_' || (c.payload ->> 'paymentTermsType')
    end as payment_terms_type,
    (c.payload ->> 'daysOfCredit')::integer as days_of_credit,
    nullif(c.payload ->> 'description', '') as description,
    c.is_deleted
from changed as c
