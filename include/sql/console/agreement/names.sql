-- grain: one row per entity, or task that lands none, that the agreement ever had a run of
-- reads: ops.sync_run
-- writes: nothing
-- sign and currency: no amounts
with recursive named (entity) as (
    (
        select r.entity
        from ops.sync_run as r
        where r.subject_kind = 'agreement'
            and r.subject_id = %(agreement_id)s
        order by r.entity
        limit 1
    )
    union all
    -- From one to the next in the index: what it costs does not follow the number of nights.
    select (
        select r.entity
        from ops.sync_run as r
        where r.subject_kind = 'agreement'
            and r.subject_id = %(agreement_id)s
            and r.entity > named.entity
        order by r.entity
        limit 1
    )
    from named
    where named.entity is not null
)

select named.entity
from named
where named.entity is not null
order by named.entity;
