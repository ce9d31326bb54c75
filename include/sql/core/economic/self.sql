-- grain: the company behind an agreement
-- reads: staging.economic_self
-- writes: core.agreement
-- sign and currency: names the base currency of the agreement
with changed as (
    select
        s.agreement_id,
        s.payload
    from staging.economic_self as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
        and s.deleted_at is null
),

final as (
    select
        c.agreement_id as agreement_id,
        'economic' as vendor,
        c.payload ->> 'agreementNumber' as agreement_number,
        c.payload -> 'company' ->> 'name' as company_name,
        c.payload -> 'settings' ->> 'baseCurrency' as base_currency,
        -- The vendor has the country as a person typed it: what is not known stays empty.
        case lower(trim(c.payload -> 'company' ->> 'country'))
            when 'danmark' then 'DK'
            when 'denmark' then 'DK'
            when 'norge' then 'NO'
            when 'norway' then 'NO'
            when 'sverige' then 'SE'
            when 'sweden' then 'SE'
            when 'tyskland' then 'DE'
            when 'germany' then 'DE'
        end as country
    from changed as c
)

insert into core.agreement as t (
    agreement_id, vendor, agreement_number, company_name, base_currency, country, change_seq
)
select
    agreement_id, vendor, agreement_number, company_name, base_currency, country, %(change_seq)s
from final
on conflict (agreement_id) do update set
    vendor = excluded.vendor,
    agreement_number = excluded.agreement_number,
    company_name = excluded.company_name,
    base_currency = excluded.base_currency,
    country = excluded.country,
    change_seq = excluded.change_seq
where (t.vendor, t.agreement_number, t.company_name, t.base_currency, t.country)
    is distinct from (
        excluded.vendor, excluded.agreement_number, excluded.company_name, excluded.base_currency,
        excluded.country
    );
