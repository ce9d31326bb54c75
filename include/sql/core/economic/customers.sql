-- grain: one customer
-- reads: staging.economic_customers
-- writes: core.customer
-- sign and currency: none
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_customers as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'customerNumber' as customer_number,
        c.payload ->> 'name' as name,
        c.payload ->> 'currency' as currency,
        c.payload -> 'customerGroup' ->> 'customerGroupNumber' as group_number,
        c.payload -> 'paymentTerms' ->> 'paymentTermsNumber' as payment_terms_number,
        c.payload -> 'vatZone' ->> 'vatZoneNumber' as vat_zone_number,
        nullif(c.payload ->> 'address', '') as address,
        nullif(c.payload ->> 'zip', '') as zip,
        nullif(c.payload ->> 'city', '') as city,
        nullif(c.payload ->> 'country', '') as country,
        nullif(c.payload ->> 'corporateIdentificationNumber', '') as registration_number,
        nullif(c.payload ->> 'email', '') as email,
        coalesce((c.payload ->> 'barred')::boolean, false) as is_barred,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.customer as t (
    agreement_id, customer_number, name, currency, group_number, payment_terms_number,
    vat_zone_number, address, zip, city, country,
    registration_number, email, is_barred, is_deleted, change_seq
)
select
    agreement_id, customer_number, name, currency, group_number, payment_terms_number,
    vat_zone_number, address, zip, city, country,
    registration_number, email, is_barred, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, customer_number) do update set
    name = excluded.name,
    currency = excluded.currency,
    group_number = excluded.group_number,
    payment_terms_number = excluded.payment_terms_number,
    vat_zone_number = excluded.vat_zone_number,
    address = excluded.address,
    zip = excluded.zip,
    city = excluded.city,
    country = excluded.country,
    registration_number = excluded.registration_number,
    email = excluded.email,
    is_barred = excluded.is_barred,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.name, t.currency, t.group_number, t.payment_terms_number, t.vat_zone_number,
    t.address, t.zip, t.city, t.country, t.registration_number,
    t.email, t.is_barred, t.is_deleted
) is distinct from (
    excluded.name, excluded.currency, excluded.group_number, excluded.payment_terms_number,
    excluded.vat_zone_number, excluded.address, excluded.zip,
    excluded.city, excluded.country, excluded.registration_number, excluded.email,
    excluded.is_barred, excluded.is_deleted
);
