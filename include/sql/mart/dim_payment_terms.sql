-- grain: one set of payment terms of an agreement
-- reads: core.payment_terms, core.key_map
-- writes: core.key_map, mart.dim_payment_terms
-- sign and currency: none
insert into core.key_map (agreement_id, kind, source_key)
select
    c.agreement_id,
    'payment_terms' as kind,
    c.payment_terms_number as source_key
from core.payment_terms as c
left join core.key_map as k
    on k.agreement_id = c.agreement_id
    and k.kind = 'payment_terms'
    and k.source_key = c.payment_terms_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_payment_terms)s
    and k.key is null
order by c.payment_terms_number;

with final as (
    select
        k.key as payment_terms_key,
        %(agreement_key)s as agreement_key,
        c.payment_terms_number as payment_terms_number,
        c.name as name,
        c.payment_terms_type as payment_terms_type,
        c.days_of_credit as days_of_credit,
        c.is_deleted as is_deleted
    from core.payment_terms as c
    inner join core.key_map as k
        on k.agreement_id = c.agreement_id
        and k.kind = 'payment_terms'
        and k.source_key = c.payment_terms_number
    where c.agreement_id = %(agreement_id)s
        and c.change_seq > %(since_payment_terms)s
),

upserted as (
    insert into mart.dim_payment_terms as t (
        payment_terms_key, agreement_key, payment_terms_number, name, payment_terms_type,
        days_of_credit, is_deleted
    )
    select
        payment_terms_key, agreement_key, payment_terms_number, name, payment_terms_type,
        days_of_credit, is_deleted
    from final
    on conflict (payment_terms_key) do update set
        agreement_key = excluded.agreement_key,
        payment_terms_number = excluded.payment_terms_number,
        name = excluded.name,
        payment_terms_type = excluded.payment_terms_type,
        days_of_credit = excluded.days_of_credit,
        is_deleted = excluded.is_deleted
    where (
        t.agreement_key, t.payment_terms_number, t.name, t.payment_terms_type, t.days_of_credit,
        t.is_deleted
    ) is distinct from (
        excluded.agreement_key, excluded.payment_terms_number, excluded.name,
        excluded.payment_terms_type, excluded.days_of_credit, excluded.is_deleted
    )
    returning (t.xmax = 0) as is_new
),

-- Rows nobody knows are found when everything is rebuilt.
deleted as (
    delete from mart.dim_payment_terms as t
    where t.agreement_key = %(agreement_key)s
        and %(since_payment_terms)s = 0
        and not exists (select 1 from final as f where f.payment_terms_key = t.payment_terms_key)
    returning 1
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    (select count(*) from deleted) as deleted;
