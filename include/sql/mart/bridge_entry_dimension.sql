-- grain: what one posted ledger line has in one dimension that the company set up itself, but for departments and projects
-- reads: core.ledger_entry, core.entry_dimension, core.dimension_slot
-- writes: mart.bridge_entry_dimension
-- sign and currency: none
-- rows: core.ledger_entry by entry_number, dated date
-- again with: core.entry_dimension by entry_number
-- again with: core.dimension_slot
select
    e.entry_number as journal_entry_key,
    d.dimension_number,
    e.entry_number,
    e.date,
    d.dimension_number || '|' || d.member_number as dimension_member_key
from changed as c
inner join core.ledger_entry as e
    on e.agreement_id = %(agreement_id)s
    and e.entry_number = c.entry_number
inner join core.entry_dimension as d
    on d.agreement_id = e.agreement_id
    and d.entry_number = e.entry_number
left join core.dimension_slot as t
    on t.agreement_id = d.agreement_id
    and t.dimension_number = d.dimension_number
    and not t.is_deleted
where not e.is_deleted
    and not d.is_deleted
    and d.dimension_number <> 1
    and t.is_project is not true
