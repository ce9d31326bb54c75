-- grain: one VAT code of an agreement
-- reads: core.vat, core.vat_type, core.key_map
-- writes: core.key_map, mart.dim_vat
-- sign and currency: none
insert into core.key_map (agreement_id, kind, source_key)
select
    c.agreement_id,
    'vat' as kind,
    c.vat_code as source_key
from core.vat as c
left join core.key_map as k
    on k.agreement_id = c.agreement_id
    and k.kind = 'vat'
    and k.source_key = c.vat_code
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_vat)s
    and k.key is null
order by c.vat_code;

with final as (
    select
        k.key as vat_key,
        %(agreement_key)s as agreement_key,
        c.vat_code as vat_number,
        c.name as name,
        c.rate_percent as rate_percent,
        y.name as vat_type,
        c.account_number as account_number,
        c.is_barred as is_barred,
        c.is_deleted as is_deleted
    from core.vat as c
    inner join core.key_map as k
        on k.agreement_id = c.agreement_id
        and k.kind = 'vat'
        and k.source_key = c.vat_code
    left join core.vat_type as y
        on y.agreement_id = c.agreement_id
        and y.vat_type_number = c.vat_type_number
    where c.agreement_id = %(agreement_id)s
        and (
            c.change_seq > %(since_vat)s
            or exists (
                select 1
                from core.vat_type as o
                where o.agreement_id = %(agreement_id)s
                    and o.change_seq > %(since_vat_type)s
            )
        )
),

upserted as (
    insert into mart.dim_vat as t (
        vat_key, agreement_key, vat_number, name, rate_percent, vat_type, account_number,
        is_barred, is_deleted
    )
    select
        vat_key, agreement_key, vat_number, name, rate_percent, vat_type, account_number,
        is_barred, is_deleted
    from final
    on conflict (vat_key) do update set
        agreement_key = excluded.agreement_key,
        vat_number = excluded.vat_number,
        name = excluded.name,
        rate_percent = excluded.rate_percent,
        vat_type = excluded.vat_type,
        account_number = excluded.account_number,
        is_barred = excluded.is_barred,
        is_deleted = excluded.is_deleted
    where (
        t.agreement_key, t.vat_number, t.name, t.rate_percent, t.vat_type, t.account_number,
        t.is_barred, t.is_deleted
    ) is distinct from (
        excluded.agreement_key, excluded.vat_number, excluded.name, excluded.rate_percent,
        excluded.vat_type, excluded.account_number, excluded.is_barred, excluded.is_deleted
    )
    returning (t.xmax = 0) as is_new
),

-- Rows nobody knows are found when everything is rebuilt.
deleted as (
    delete from mart.dim_vat as t
    where t.agreement_key = %(agreement_key)s
        and %(since_vat)s = 0
        and not exists (select 1 from final as f where f.vat_key = t.vat_key)
    returning 1
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    (select count(*) from deleted) as deleted;
