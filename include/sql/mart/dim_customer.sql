-- grain: one customer of an agreement
-- reads: core.customer, core.customer_group, core.payment_terms, core.vat_zone, core.key_map
-- writes: core.key_map, mart.dim_customer
-- sign and currency: none
insert into core.key_map (agreement_id, kind, source_key)
select
    c.agreement_id,
    'customer' as kind,
    c.customer_number as source_key
from core.customer as c
left join core.key_map as k
    on k.agreement_id = c.agreement_id
    and k.kind = 'customer'
    and k.source_key = c.customer_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_customer)s
    and k.key is null
order by c.customer_number;

with final as (
    select
        k.key as customer_key,
        %(agreement_key)s as agreement_key,
        c.customer_number as customer_number,
        c.name as name,
        c.currency as currency,
        c.group_number as group_number,
        g.name as group_name,
        coalesce(ky.key, case when c.payment_terms_number is null then -3 else -1 end) as payment_terms_key,
        y.name as payment_terms_name,
        z.name as vat_zone_name,
        c.address as address,
        c.zip as zip,
        c.city as city,
        c.country as country,
        c.registration_number as registration_number,
        c.email as email,
        c.is_barred as is_barred,
        c.is_deleted as is_deleted
    from core.customer as c
    inner join core.key_map as k
        on k.agreement_id = c.agreement_id
        and k.kind = 'customer'
        and k.source_key = c.customer_number
    left join core.customer_group as g
        on g.agreement_id = c.agreement_id
        and g.group_number = c.group_number
    left join core.payment_terms as y
        on y.agreement_id = c.agreement_id
        and y.payment_terms_number = c.payment_terms_number
    left join core.key_map as ky
        on ky.agreement_id = y.agreement_id
        and ky.kind = 'payment_terms'
        and ky.source_key = y.payment_terms_number
    left join core.vat_zone as z
        on z.agreement_id = c.agreement_id
        and z.vat_zone_number = c.vat_zone_number
    where c.agreement_id = %(agreement_id)s
        and (
            c.change_seq > %(since_customer)s
            or exists (
                select 1
                from core.customer_group as o
                where o.agreement_id = %(agreement_id)s
                    and o.change_seq > %(since_customer_group)s
            )
            or exists (
                select 1
                from core.payment_terms as o
                where o.agreement_id = %(agreement_id)s
                    and o.change_seq > %(since_payment_terms)s
            )
            or exists (
                select 1
                from core.vat_zone as o
                where o.agreement_id = %(agreement_id)s
                    and o.change_seq > %(since_vat_zone)s
            )
        )
),

upserted as (
    insert into mart.dim_customer as t (
        customer_key, agreement_key, customer_number, name, currency, group_number, group_name,
        payment_terms_key, payment_terms_name, vat_zone_name, address, zip, city, country,
        registration_number, email, is_barred, is_deleted
    )
    select
        customer_key, agreement_key, customer_number, name, currency, group_number, group_name,
        payment_terms_key, payment_terms_name, vat_zone_name, address, zip, city, country,
        registration_number, email, is_barred, is_deleted
    from final
    on conflict (customer_key) do update set
        agreement_key = excluded.agreement_key,
        customer_number = excluded.customer_number,
        name = excluded.name,
        currency = excluded.currency,
        group_number = excluded.group_number,
        group_name = excluded.group_name,
        payment_terms_key = excluded.payment_terms_key,
        payment_terms_name = excluded.payment_terms_name,
        vat_zone_name = excluded.vat_zone_name,
        address = excluded.address,
        zip = excluded.zip,
        city = excluded.city,
        country = excluded.country,
        registration_number = excluded.registration_number,
        email = excluded.email,
        is_barred = excluded.is_barred,
        is_deleted = excluded.is_deleted
    where (
        t.agreement_key, t.customer_number, t.name, t.currency, t.group_number, t.group_name,
        t.payment_terms_key, t.payment_terms_name, t.vat_zone_name, t.address, t.zip, t.city,
        t.country, t.registration_number, t.email, t.is_barred, t.is_deleted
    ) is distinct from (
        excluded.agreement_key, excluded.customer_number, excluded.name, excluded.currency,
        excluded.group_number, excluded.group_name, excluded.payment_terms_key,
        excluded.payment_terms_name, excluded.vat_zone_name, excluded.address, excluded.zip,
        excluded.city, excluded.country, excluded.registration_number, excluded.email,
        excluded.is_barred, excluded.is_deleted
    )
    returning (t.xmax = 0) as is_new
),

-- Rows nobody knows are found when everything is rebuilt.
deleted as (
    delete from mart.dim_customer as t
    where t.agreement_key = %(agreement_key)s
        and %(since_customer)s = 0
        and not exists (select 1 from final as f where f.customer_key = t.customer_key)
    returning 1
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    (select count(*) from deleted) as deleted;
