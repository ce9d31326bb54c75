-- grain: one member of a dimension that the company set up itself, but for departments and projects: of its register, or on a line without being in it
-- reads: core.entry_dimension, core.dimension_slot, core.dimension_member, core.dimension_kind, core.key_map
-- writes: core.key_map, mart.dim_dimension_member
-- sign and currency: none
-- again with: core.entry_dimension, core.dimension_slot, core.dimension_member, core.dimension_kind
-- key order: dimension_member_number
-- A number that fits no key is one of no member.
with numbers as (
    select
        d.dimension_number,
        d.member_number
    from core.entry_dimension as d
    where d.agreement_id = %(agreement_id)s
        and octet_length(d.member_number) <= 2000
        and (
            d.change_seq > %(since_entry_dimension)s
            -- Another dimension may be the company's own now: all that lines ever had in it.
            or exists (
                select 1
                from core.dimension_slot as o
                where o.agreement_id = %(agreement_id)s
                    and o.change_seq > %(since_dimension_slot)s
            )
        )
    union
    select
        t.dimension_number,
        c.member_number
    from core.dimension_slot as t
    inner join core.dimension_member as c
        on c.agreement_id = t.agreement_id
        and c.kind_number = t.kind_number
    where t.agreement_id = %(agreement_id)s
        and not t.is_deleted
    union
    -- Once named, a member stays.
    select
        split_part(k.source_key, '|', 1)::integer as dimension_number,
        substr(k.source_key, strpos(k.source_key, '|') + 1) as member_number
    from core.key_map as k
    where k.agreement_id = %(agreement_id)s
        and k.kind = 'dimension_member'
)

select
    n.dimension_number || '|' || n.member_number as dimension_member_key,
    n.dimension_number,
    -- A dimension may have been another one before: what its members are is said by their kind.
    coalesce(d.name, t.name) as dimension_name,
    coalesce(c.code, n.member_number) as dimension_member_number,
    c.name,
    c.start_date,
    c.end_date,
    coalesce(c.is_deleted, false) as is_deleted
from numbers as n
left join core.dimension_slot as t
    on t.agreement_id = %(agreement_id)s
    and t.dimension_number = n.dimension_number
    and not t.is_deleted
-- Left joins: of what is in no register, nothing but its number is known.
left join core.dimension_member as c
    on c.agreement_id = %(agreement_id)s
    and c.member_number = n.member_number
left join core.dimension_kind as d
    on d.agreement_id = %(agreement_id)s
    and d.kind_number = c.kind_number
where n.dimension_number <> 1
    and t.is_project is not true
