-- grain: one period of an accounting year of an agreement
-- reads: core.period, core.accounting_year (all of them: a period's number depends on its year), core.key_map
-- writes: core.key_map, mart.dim_period
-- sign and currency: none
insert into core.key_map (agreement_id, kind, source_key)
select
    c.agreement_id,
    'period' as kind,
    c.source_key as source_key
from core.period as c
left join core.key_map as k
    on k.agreement_id = c.agreement_id
    and k.kind = 'period'
    and k.source_key = c.source_key
where c.agreement_id = %(agreement_id)s
    and k.key is null
order by c.start_date;

with final as (
    select
        k.key as period_key,
        %(agreement_key)s as agreement_key,
        c.accounting_year as accounting_year,
        row_number() over (
            partition by c.accounting_year order by c.start_date, c.source_key
        )::integer as period,
        c.start_date as start_date,
        c.end_date as end_date,
        c.is_closed or coalesce(y.is_closed, false) as is_closed
    from core.period as c
    inner join core.key_map as k
        on k.agreement_id = c.agreement_id
        and k.kind = 'period'
        and k.source_key = c.source_key
    left join core.accounting_year as y
        on y.agreement_id = c.agreement_id
        and y.accounting_year = c.accounting_year
        and not y.is_deleted
    where c.agreement_id = %(agreement_id)s
        and not c.is_deleted
),

upserted as (
    insert into mart.dim_period as t (
        period_key, agreement_key, accounting_year, period, start_date, end_date, is_closed
    )
    select
        period_key, agreement_key, accounting_year, period, start_date, end_date, is_closed
    from final
    on conflict (period_key) do update set
        agreement_key = excluded.agreement_key,
        accounting_year = excluded.accounting_year,
        period = excluded.period,
        start_date = excluded.start_date,
        end_date = excluded.end_date,
        is_closed = excluded.is_closed
    where (t.agreement_key, t.accounting_year, t.period, t.start_date, t.end_date, t.is_closed)
        is distinct from (
            excluded.agreement_key, excluded.accounting_year, excluded.period, excluded.start_date,
            excluded.end_date, excluded.is_closed
        )
    returning (t.xmax = 0) as is_new
),

-- A period the vendor no longer has cannot hold entries: its days belong to another one.
deleted as (
    delete from mart.dim_period as t
    where t.agreement_key = %(agreement_key)s
        and not exists (select 1 from final as f where f.period_key = t.period_key)
    returning 1
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    (select count(*) from deleted) as deleted;
