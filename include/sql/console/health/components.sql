-- The newest look at each component of these days.
select distinct on (h.component)
    h.component,
    h.at,
    h.ok,
    h.detail,
    h.minutes
from ops.heartbeat as h
where h.at >= %(since)s
order by
    h.component,
    h.at desc
