-- grain: one excerpt of a refused file that is older than it is kept
-- reads: ops.file_excerpt
-- writes: nothing
-- sign and currency: no amounts
select t.ctid::text as key
from ops.file_excerpt as t
where t.written_at < %(before)s;
