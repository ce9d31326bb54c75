-- grain: one project an agreement's lines name; nothing but its number is known
-- reads: core.ledger_entry, core.draft_entry, core.key_map
-- writes: core.key_map, mart.dim_project
-- sign and currency: none
-- again with: core.ledger_entry, core.draft_entry
-- key order: project_number
with numbers as (
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
    union
    -- Once named, a project stays.
    select k.source_key as project_number
    from core.key_map as k
    where k.agreement_id = %(agreement_id)s
        and k.kind = 'project'
)

select
    n.project_number as project_key,
    n.project_number,
    null as name,
    false as is_deleted
from numbers as n
