-- grain: one supplier of an agreement
-- reads: core.supplier, core.supplier_group, core.payment_terms, core.vat_zone, core.country_word (of all agreements: a migration fills it)
-- writes: core.key_map, mart.dim_supplier
-- sign and currency: none
-- rows: core.supplier
-- again with: core.supplier_group, core.payment_terms, core.vat_zone
-- key order: supplier_number
select
    c.supplier_number as supplier_key,
    coalesce(c.code, c.supplier_number) as supplier_number,
    c.name,
    c.currency,
    c.group_number,
    g.name as group_name,
    c.payment_terms_number as payment_terms_key,
    y.name as payment_terms_name,
    z.name as vat_zone_name,
    c.address,
    c.zip,
    c.city,
    c.country,
    w.country as country_code,
    c.registration_number,
    c.is_barred,
    c.is_deleted
from core.supplier as c
-- Left joins: a name that is not (yet) known is none.
left join core.supplier_group as g
    on g.agreement_id = c.agreement_id
    and g.group_number = c.group_number
left join core.payment_terms as y
    on y.agreement_id = c.agreement_id
    and y.payment_terms_number = c.payment_terms_number
left join core.country_word as w on w.word = core.country_word_of(c.country)
left join core.vat_zone as z
    on z.agreement_id = c.agreement_id
    and z.vat_zone_number = c.vat_zone_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_supplier)s
