-- grain: one request to a REST route that is older than it is kept
-- reads: ops.idempotency_key
-- writes: nothing
-- sign and currency: no amounts
select t.ctid::text as key
from ops.idempotency_key as t
where t.asked_at < %(before)s;
