-- grain: one event of an accounting system that is older than it is kept
-- reads: ops.export_event
-- writes: nothing
-- sign and currency: no amounts
select t.ctid::text as key
from ops.export_event as t
where t.received_at < %(before)s;
