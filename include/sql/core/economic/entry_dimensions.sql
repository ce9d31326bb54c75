-- grain: one booked entry in one dimension (1 is the department)
-- reads: staging.economic_entry_dimensions
-- writes: core.entry_dimension
-- sign and currency: none
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_entry_dimensions as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'entryNumber' as entry_number,
        (c.payload ->> 'dimensionNumber')::integer as dimension_number,
        coalesce((c.payload ->> 'isDistribution')::boolean, false) as is_distribution,
        case when coalesce((c.payload ->> 'isDistribution')::boolean, false) then 'D|' else '' end
            || (c.payload ->> 'dimensionKey') as member_number,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.entry_dimension as t (
    agreement_id, entry_number, dimension_number, is_distribution, member_number, is_deleted,
    change_seq
)
select
    agreement_id, entry_number, dimension_number, is_distribution, member_number, is_deleted,
    %(change_seq)s
from final
on conflict (agreement_id, entry_number, dimension_number) do update set
    is_distribution = excluded.is_distribution,
    member_number = excluded.member_number,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.is_distribution, t.member_number, t.is_deleted
) is distinct from (
    excluded.is_distribution, excluded.member_number, excluded.is_deleted
);
