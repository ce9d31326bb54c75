-- grain: one measurement that is older than it is kept
-- reads: ops.table_size
-- writes: nothing
-- sign and currency: no amounts
select t.ctid::text as key
from ops.table_size as t
where t.measured_at < %(before)s;
