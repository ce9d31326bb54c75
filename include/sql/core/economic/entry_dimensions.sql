-- grain: one booked entry in one dimension (1 is the department)
-- reads: staging.economic_entry_dimensions
-- writes: core.entry_dimension
-- sign and currency: none
select
    c.payload ->> 'entryNumber' as entry_number,
    (c.payload ->> 'dimensionNumber')::integer as dimension_number,
    coalesce((c.payload ->> 'isDistribution')::boolean, false) as is_distribution,
    case when coalesce((c.payload ->> 'isDistribution')::boolean, false) then 'D|' else '' end
        || (c.payload ->> 'dimensionKey') as member_number,
    c.is_deleted
from changed as c
