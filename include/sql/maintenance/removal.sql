-- grain: one removal that is older than it is kept
-- reads: ops.removal
-- writes: nothing
-- sign and currency: no amounts
select t.ctid::text as key
from ops.removal as t
where t.at < %(before)s;
