-- grain: one project: of the vendor's register, or named by a line without being in one
-- reads: core.project, core.ledger_entry, core.draft_entry, core.entry_dimension, core.dimension_slot, core.customer, core.employee, core.key_map
-- writes: core.key_map, mart.dim_project
-- sign and currency: none
-- again with: core.project, core.ledger_entry, core.draft_entry, core.entry_dimension, core.dimension_slot, core.customer, core.employee
-- key order: project_number
-- A number that fits no key is one of no project.
with numbers as (
    select l.project_number
    from core.ledger_entry as l
    where l.agreement_id = %(agreement_id)s
        and l.change_seq > %(since_ledger_entry)s
        and octet_length(l.project_number) <= 2000
    union
    select d.project_number
    from core.draft_entry as d
    where d.agreement_id = %(agreement_id)s
        and octet_length(d.project_number) <= 2000
    union
    -- Where the company sets up its dimensions itself, one of them may be the project.
    select m.member_number as project_number
    from core.dimension_slot as t
    inner join core.entry_dimension as m
        on m.agreement_id = t.agreement_id
        and m.dimension_number = t.dimension_number
    where t.agreement_id = %(agreement_id)s
        and t.is_project
        and not t.is_deleted
        and octet_length(m.member_number) <= 2000
        and (m.change_seq > %(since_entry_dimension)s or t.change_seq > %(since_dimension_slot)s)
    union
    select p.project_number
    from core.project as p
    where p.agreement_id = %(agreement_id)s
    union
    -- Once named, a project stays.
    select k.source_key as project_number
    from core.key_map as k
    where k.agreement_id = %(agreement_id)s
        and k.kind = 'project'
)

select
    n.project_number as project_key,
    coalesce(p.code, n.project_number) as project_number,
    p.name,
    p.group_name,
    p.customer_number as customer_key,
    p.manager_number as manager_key,
    coalesce(m.code, p.main_project_number) as main_project_number,
    p.start_date,
    p.end_date,
    p.is_internal,
    p.is_billable,
    coalesce(p.is_deleted, false) as is_deleted
from numbers as n
-- Left joins: of what is in no register, nothing but its number is known.
left join core.project as p
    on p.agreement_id = %(agreement_id)s
    and p.project_number = n.project_number
left join core.project as m
    on m.agreement_id = %(agreement_id)s
    and m.project_number = p.main_project_number
