-- grain: one account, heading or sum of an agreement
-- reads: core.account (the whole chart: a place in the statement depends on the neighbours), core.key_map
-- writes: core.key_map, mart.dim_account
-- sign and currency: none
insert into core.key_map (agreement_id, kind, source_key)
select
    c.agreement_id,
    'account' as kind,
    c.account_number as source_key
from core.account as c
left join core.key_map as k
    on k.agreement_id = c.agreement_id
    and k.kind = 'account'
    and k.source_key = c.account_number
where c.agreement_id = %(agreement_id)s
    and k.key is null
order by c.sort_key;

with chart as (
    select
        c.agreement_id,
        c.account_number,
        c.name,
        c.account_type,
        c.is_balance_sheet,
        c.is_deleted,
        row_number() over (order by c.sort_key, c.account_number) as sort_order,
        count(*) filter (where c.account_type in ('heading', 'heading_start') and not c.is_deleted)
            over (order by c.sort_key, c.account_number) as section_number
    from core.account as c
    where c.agreement_id = %(agreement_id)s
),

final as (
    select
        k.key as account_key,
        %(agreement_key)s as agreement_key,
        c.account_number as account_number,
        c.name as name,
        c.account_type as account_type,
        c.is_balance_sheet as is_balance_sheet,
        case
            when c.section_number > 0
            then
                first_value(c.name) over (
                    partition by c.section_number order by c.sort_order
                )
        end as section,
        c.sort_order::integer as sort_order,
        c.is_deleted as is_deleted
    from chart as c
    inner join core.key_map as k
        on k.agreement_id = c.agreement_id
        and k.kind = 'account'
        and k.source_key = c.account_number
),

upserted as (
    insert into mart.dim_account as t (
        account_key, agreement_key, account_number, name, account_type, is_balance_sheet, section,
        sort_order, is_deleted
    )
    select
        account_key, agreement_key, account_number, name, account_type, is_balance_sheet, section,
        sort_order, is_deleted
    from final
    on conflict (account_key) do update set
        agreement_key = excluded.agreement_key,
        account_number = excluded.account_number,
        name = excluded.name,
        account_type = excluded.account_type,
        is_balance_sheet = excluded.is_balance_sheet,
        section = excluded.section,
        sort_order = excluded.sort_order,
        is_deleted = excluded.is_deleted
    where (
        t.agreement_key, t.account_number, t.name, t.account_type, t.is_balance_sheet, t.section,
        t.sort_order, t.is_deleted
    ) is distinct from (
        excluded.agreement_key, excluded.account_number, excluded.name, excluded.account_type,
        excluded.is_balance_sheet, excluded.section, excluded.sort_order, excluded.is_deleted
    )
    returning (t.xmax = 0) as is_new
),

deleted as (
    delete from mart.dim_account as t
    where t.agreement_key = %(agreement_key)s
        and not exists (select 1 from final as f where f.account_key = t.account_key)
    returning 1
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    (select count(*) from deleted) as deleted;
