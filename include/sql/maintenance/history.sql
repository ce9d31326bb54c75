-- grain: one payload that is older than it is kept
-- reads: staging.history
-- writes: nothing
-- sign and currency: no amounts
select t.ctid::text as key
from staging.history as t
where t.replaced_at < %(before)s;
