-- grain: one heartbeat that is older than it is kept
-- reads: ops.heartbeat
-- writes: nothing
-- sign and currency: no amounts
select t.ctid::text as key
from ops.heartbeat as t
where t.at < %(before)s;
