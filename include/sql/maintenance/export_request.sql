-- grain: one export that was asked for and is older than it is kept
-- reads: ops.export_request
-- writes: nothing
-- sign and currency: no amounts
select t.ctid::text as key
from ops.export_request as t
where t.asked_at < %(before)s;
