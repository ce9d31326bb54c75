-- grain: what one posted ledger line has in one numbered dimension
-- reads: staging.xledger_transactions, core.entry_dimension
-- writes: core.entry_dimension
-- sign and currency: none
select
    c.source_key as entry_number,
    n.number as dimension_number,
    false as is_distribution,
    n.member as member_number,
    c.is_deleted
from changed as c
cross join lateral (
    values
        (1, c.payload ->> 'glObject1DbId'),
        (2, c.payload ->> 'glObject2DbId'),
        (3, c.payload ->> 'glObject3DbId'),
        (4, c.payload ->> 'glObject4DbId'),
        (5, c.payload ->> 'glObject5DbId'),
        (6, c.payload -> 'xgl' ->> 'dbId')
) as n (number, member)
where n.member is not null
    and n.member <> '0'
union all
-- What a line no longer has in a dimension.
select
    d.entry_number,
    d.dimension_number,
    d.is_distribution,
    d.member_number,
    true as is_deleted
from changed as c
inner join core.entry_dimension as d
    on d.agreement_id = %(agreement_id)s
    and d.entry_number = c.source_key
where not d.is_deleted
    and coalesce(
        case d.dimension_number
            when 6 then c.payload -> 'xgl' ->> 'dbId'
            else c.payload ->> ('glObject' || d.dimension_number || 'DbId')
        end,
        '0'
    ) = '0'
