-- grain: one proof of an agreement, the newest first: its comparisons have one moment
-- reads: ops.proof, ops.sync_run
-- writes: nothing
-- sign and currency: none

-- From one moment to the next by the index: a proof has thousands of rows, and there are hundreds of proofs.
with recursive moment as (
    (
        select
            p.checked_at,
            p.run_id,
            1 as nth
        from ops.proof as p
        where p.agreement_id = %(agreement_id)s
            and (%(until)s::timestamptz is null or p.checked_at <= %(until)s)
        order by p.checked_at desc
        limit 1
    )
    union all
    select
        o.checked_at,
        o.run_id,
        m.nth + 1
    from moment as m
    cross join lateral (
        select
            p.checked_at,
            p.run_id
        from ops.proof as p
        where p.agreement_id = %(agreement_id)s
            and p.checked_at < m.checked_at
        order by p.checked_at desc
        limit 1
    ) as o
    where m.nth < %(limit)s
)

select
    m.checked_at,
    m.run_id,
    r.status,
    r.note,
    r.error_message
from moment as m
left join lateral (
    select
        s.status,
        s.note,
        s.error_message
    from ops.sync_run as s
    where s.agreement_id = %(agreement_id)s
        and s.entity = 'prove'
        and s.run_id = m.run_id
    order by s.started_at desc
    limit 1
) as r on true
order by m.checked_at desc;
