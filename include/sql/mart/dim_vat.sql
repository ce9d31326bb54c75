-- grain: one VAT code of an agreement
-- reads: core.vat, core.vat_type
-- writes: core.key_map, mart.dim_vat
-- sign and currency: none
-- rows: core.vat
-- again with: core.vat_type
-- key order: vat_number
select
    c.vat_code as vat_key,
    c.vat_code as vat_number,
    c.name,
    c.rate_percent,
    y.name as vat_type,
    c.account_number,
    c.is_barred,
    c.is_deleted
from core.vat as c
left join core.vat_type as y
    on y.agreement_id = c.agreement_id
    and y.vat_type_number = c.vat_type_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_vat)s
