-- grain: one agreement
-- reads: core.agreement, core.key_map; the company number comes from the agreement's file
-- writes: core.key_map, mart.dim_agreement
-- sign and currency: none
insert into core.key_map (agreement_id, kind, source_key)
select
    c.agreement_id,
    'agreement' as kind,
    c.agreement_id as source_key
from core.agreement as c
where c.agreement_id = %(agreement_id)s
on conflict do nothing;

with final as (
    select
        k.key as agreement_key,
        c.agreement_id as agreement_id,
        c.company_name as name,
        %(company)s::text as company,
        c.vendor as vendor,
        c.base_currency as base_currency,
        c.country as country
    from core.agreement as c
    inner join core.key_map as k
        on k.agreement_id = c.agreement_id
        and k.kind = 'agreement'
        and k.source_key = c.agreement_id
    where c.agreement_id = %(agreement_id)s
),

upserted as (
    insert into mart.dim_agreement as t (
        agreement_key, agreement_id, name, company, vendor, base_currency, country
    )
    select
        agreement_key, agreement_id, name, company, vendor, base_currency, country
    from final
    on conflict (agreement_key) do update set
        agreement_id = excluded.agreement_id,
        name = excluded.name,
        company = excluded.company,
        vendor = excluded.vendor,
        base_currency = excluded.base_currency,
        country = excluded.country
    where (t.agreement_id, t.name, t.company, t.vendor, t.base_currency, t.country)
        is distinct from (
            excluded.agreement_id, excluded.name, excluded.company, excluded.vendor,
            excluded.base_currency, excluded.country
        )
    returning (t.xmax = 0) as is_new
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    0 as deleted;
