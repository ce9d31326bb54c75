-- grain: one row per component that the watch looks at: its newest heartbeat of a day
-- reads: ops.heartbeat
-- writes: nothing
-- sign and currency: no amounts
with newest as (
    select distinct on (h.component)
        h.component,
        h.ok,
        h.at,
        h.minutes
    from ops.heartbeat as h
    where h.at > %(now)s - interval '24 hours'
    order by
        h.component,
        h.at desc
),

-- What the watch has passed over in its last looks, such as the host of an agreement that is switched off, is not looked at any more.
final as (
    select
        n.component,
        n.ok,
        n.at
    from newest as n
    where n.at >= (
        select max(m.at)
        from newest as m
    ) - 3 * n.minutes * interval '1 minute'
)

select
    component,
    ok::integer as up,
    extract(epoch from at) as seen_at
from final;
