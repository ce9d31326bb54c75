-- grain: one numbered dimension of the ledger (glObject1 to glObject5) as the entity has set it up
-- reads: staging.xledger_entities
-- writes: core.dimension_slot
-- sign and currency: none
select
    n.place::integer as dimension_number,
    n.entry -> 'fieldObject' -> 'objectKind' ->> 'dbId' as kind_number,
    coalesce(n.entry -> 'fieldObject' -> 'objectKind' ->> 'name', n.place::text) as name,
    c.is_deleted
from changed as c
cross join lateral jsonb_array_elements(
    case jsonb_typeof(c.payload -> 'glSetupEntries') when 'array' then c.payload -> 'glSetupEntries' else '[]' end
) with ordinality as n (entry, place)
where n.entry -> 'fieldObject' -> 'objectKind' ->> 'dbId' is not null
