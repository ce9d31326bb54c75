-- grain: one project an agreement's lines name; nothing but its number is known
-- reads: core.ledger_entry, core.draft_entry, core.key_map
-- writes: core.key_map, mart.dim_project
-- sign and currency: none
insert into core.key_map (agreement_id, kind, source_key)
select
    %(agreement_id)s as agreement_id,
    'project' as kind,
    e.project_number as source_key
from (
    select l.project_number
    from core.ledger_entry as l
    where l.agreement_id = %(agreement_id)s
        and l.change_seq > %(since_ledger_entry)s
        and l.project_number is not null
    union
    select d.project_number
    from core.draft_entry as d
    where d.agreement_id = %(agreement_id)s
        and d.project_number is not null
) as e
left join core.key_map as k
    on k.agreement_id = %(agreement_id)s
    and k.kind = 'project'
    and k.source_key = e.project_number
where k.key is null
order by e.project_number;

with final as (
    select
        k.key as project_key,
        %(agreement_key)s as agreement_key,
        k.source_key as project_number,
        null::text as name,
        false as is_deleted
    from core.key_map as k
    where k.agreement_id = %(agreement_id)s
        and k.kind = 'project'
),

upserted as (
    insert into mart.dim_project as t (
        project_key, agreement_key, project_number, name, is_deleted
    )
    select
        project_key, agreement_key, project_number, name, is_deleted
    from final
    on conflict (project_key) do update set
        agreement_key = excluded.agreement_key,
        project_number = excluded.project_number,
        name = excluded.name,
        is_deleted = excluded.is_deleted
    where (
        t.agreement_key, t.project_number, t.name, t.is_deleted
    ) is distinct from (
        excluded.agreement_key, excluded.project_number, excluded.name, excluded.is_deleted
    )
    returning (t.xmax = 0) as is_new
),

deleted as (
    delete from mart.dim_project as t
    where t.agreement_key = %(agreement_key)s
        and not exists (select 1 from final as f where f.project_key = t.project_key)
    returning 1
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    (select count(*) from deleted) as deleted;
