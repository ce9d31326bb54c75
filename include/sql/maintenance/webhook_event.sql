-- grain: one call of a vendor that is older than it is kept
-- reads: ops.webhook_event
-- writes: nothing
-- sign and currency: no amounts
select t.ctid::text as key
from ops.webhook_event as t
where t.received_at < %(before)s;
