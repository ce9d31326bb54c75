-- Components that were looked at before a time, and not longer before than that they may be none any more.
select distinct h.component
from ops.heartbeat as h
where h.at >= %(begins)s::timestamptz - interval '2 days'
    and h.at < %(begins)s
