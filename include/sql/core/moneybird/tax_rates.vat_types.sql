-- grain: one kind of documents that tax rates are for
-- reads: staging.moneybird_tax_rates
-- writes: core.vat_type
-- sign and currency: none
select distinct
    c.payload ->> 'tax_rate_type' as vat_type_number,
    case
        when c.payload ->> 'tax_rate_type' in ('sales_invoice', 'purchase_invoice', 'general_journal_document')
            then initcap(replace(c.payload ->> 'tax_rate_type', '_', ' '))
        else 'other_' || (c.payload ->> 'tax_rate_type')
    end as name,
    false as is_deleted
from changed as c
where c.payload ->> 'tax_rate_type' is not null
