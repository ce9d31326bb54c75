-- grain: one row per component that the watch has seen in a day: its newest heartbeat
-- reads: ops.heartbeat
-- writes: nothing
-- sign and currency: no amounts
with final as (
    select distinct on (h.component)
        h.component,
        h.ok,
        h.at
    from ops.heartbeat as h
    where h.at > %(now)s - interval '24 hours'
    order by
        h.component,
        h.at desc
)

select
    component,
    ok::integer as up,
    extract(epoch from at) as seen_at
from final;
