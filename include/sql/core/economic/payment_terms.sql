-- grain: one set of payment terms
-- reads: staging.economic_payment_terms
-- writes: core.payment_terms
-- sign and currency: none
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_payment_terms as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'paymentTermsNumber' as payment_terms_number,
        c.payload ->> 'name' as name,
        lower(regexp_replace(c.payload ->> 'paymentTermsType', '([A-Z])', '_\1', 'g')) as payment_terms_type,
        (c.payload ->> 'daysOfCredit')::integer as days_of_credit,
        nullif(c.payload ->> 'description', '') as description,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.payment_terms as t (
    agreement_id, payment_terms_number, name, payment_terms_type, days_of_credit, description,
    is_deleted, change_seq
)
select
    agreement_id, payment_terms_number, name, payment_terms_type, days_of_credit, description,
    is_deleted, %(change_seq)s
from final
on conflict (agreement_id, payment_terms_number) do update set
    name = excluded.name,
    payment_terms_type = excluded.payment_terms_type,
    days_of_credit = excluded.days_of_credit,
    description = excluded.description,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.name, t.payment_terms_type, t.days_of_credit, t.description, t.is_deleted
) is distinct from (
    excluded.name, excluded.payment_terms_type, excluded.days_of_credit, excluded.description,
    excluded.is_deleted
);
