-- grain: one numbered dimension of the ledger: glObject1 to glObject5 as the entity has set them up, and xgl, the sixth
-- reads: staging.xledger_entities, core.dimension_slot
-- writes: core.dimension_slot
-- sign and currency: none
with slot as (
    select
        n.place::integer as dimension_number,
        n.entry -> 'fieldObject' -> 'objectKind' ->> 'dbId' as kind_number,
        nullif(btrim(n.entry -> 'fieldObject' -> 'objectKind' ->> 'name'), '') as name,
        c.is_deleted
    from changed as c
    cross join lateral jsonb_array_elements(
        case jsonb_typeof(c.payload -> 'glSetupEntries') when 'array' then c.payload -> 'glSetupEntries' else '[]' end
    ) with ordinality as n (entry, place)
    where btrim(n.entry -> 'fieldObject' -> 'objectKind' ->> 'dbId') <> ''
        and n.place <= 5
)

select
    s.dimension_number,
    s.kind_number,
    coalesce(s.name, s.dimension_number::text) as name,
    s.dimension_number = (
        select min(p.dimension_number)
        from slot as p
        where lower(p.name) in ('project', 'prosjekt', 'projekt')
    ) is true as is_project,
    s.is_deleted
from slot as s
union all
select
    6 as dimension_number,
    'xgl' as kind_number,
    'XGL' as name,
    false as is_project,
    c.is_deleted
from changed as c
union all
-- What is set up no longer.
select
    t.dimension_number,
    t.kind_number,
    t.name,
    t.is_project,
    true as is_deleted
from core.dimension_slot as t
where t.agreement_id = %(agreement_id)s
    and exists (select 1 from changed as c)
    and t.dimension_number <> 6
    and t.dimension_number not in (select s.dimension_number from slot as s)
