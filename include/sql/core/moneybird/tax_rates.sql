-- grain: one tax rate
-- reads: staging.moneybird_tax_rates
-- writes: core.vat
-- sign and currency: rate in percent; NULL where the vendor names none
select
    c.source_key as vat_code,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.source_key) as name,
    (c.payload ->> 'percentage')::numeric as rate_percent,
    c.payload ->> 'tax_rate_type' as vat_type_number,
    coalesce((c.payload ->> 'show_tax')::boolean, true) as is_charged,
    not coalesce((c.payload ->> 'active')::boolean, true) as is_barred,
    c.is_deleted
from changed as c
