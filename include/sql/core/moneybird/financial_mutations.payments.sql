-- grain: what of a bank transaction pays a document
-- reads: staging.moneybird_financial_mutations, core.bank_payment
-- writes: core.bank_payment
-- sign and currency: positive: that much less of the document is open; in its currency, base in base currency
select
    c.source_key as transaction_number,
    e.part ->> 'id' as payment_id,
    case e.part ->> 'invoice_type'
        when 'SalesInvoice' then 'sales_invoice'
        when 'ExternalSalesInvoice' then 'external_sales_invoice'
        when 'VatDocument' then 'tax_return'
        when 'Document' then 'document'
        else 'other_' || (e.part ->> 'invoice_type')
    end as document_kind,
    e.part ->> 'invoice_id' as document_number,
    (e.part ->> 'payment_date')::date as date,
    (e.part ->> 'price')::numeric(19, 4) as amount,
    (e.part ->> 'price_base')::numeric(19, 4) as amount_base,
    false as is_deleted
from changed as c
cross join lateral jsonb_array_elements(case jsonb_typeof(c.payload -> 'payments') when 'array' then c.payload -> 'payments' else '[]' end) as e (part)
where not c.is_deleted
union all
-- What a record no longer has.
select
    t.transaction_number,
    t.payment_id,
    t.document_kind,
    t.document_number,
    t.date,
    t.amount,
    t.amount_base,
    true as is_deleted
from changed as c
inner join core.bank_payment as t
    on t.agreement_id = %(agreement_id)s
    and t.transaction_number = c.source_key
where not t.is_deleted
    and (c.is_deleted or t.payment_id not in (
        select e.part ->> 'id'
        from jsonb_array_elements(case jsonb_typeof(c.payload -> 'payments') when 'array' then c.payload -> 'payments' else '[]' end) as e (part)
    ))
