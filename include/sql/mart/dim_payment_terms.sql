-- grain: one set of payment terms of an agreement
-- reads: core.payment_terms
-- writes: core.key_map, mart.dim_payment_terms
-- sign and currency: none
-- rows: core.payment_terms
-- key order: payment_terms_number
select
    c.payment_terms_number as payment_terms_key,
    c.payment_terms_number,
    c.name,
    c.payment_terms_type,
    c.days_of_credit,
    c.is_deleted
from core.payment_terms as c
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_payment_terms)s
