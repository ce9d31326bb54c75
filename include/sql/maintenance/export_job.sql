-- grain: one export to an accounting system that was done longer ago than it is kept
-- reads: ops.export_job
-- writes: nothing
-- sign and currency: no amounts
select j.ctid::text as key
from ops.export_job as j
where j.updated_at < %(before)s
    and j.status in ('posted', 'cancelled');
