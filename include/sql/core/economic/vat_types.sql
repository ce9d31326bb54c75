-- grain: one type of VAT codes
-- reads: staging.economic_vat_types
-- writes: core.vat_type
-- sign and currency: none
select
    c.payload ->> 'vatTypeNumber' as vat_type_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'vatTypeNumber') as name,
    c.is_deleted
from changed as c
