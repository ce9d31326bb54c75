-- grain: one act that is older than it is kept
-- reads: ops.audit
-- writes: nothing
-- sign and currency: no amounts
select t.ctid::text as key
from ops.audit as t
where t.at < %(before)s;
