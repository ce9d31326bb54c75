-- grain: one call about an export that is done
-- reads: ops.export_attempt, ops.export_job
-- writes: nothing
-- sign and currency: no amounts
select a.export_attempt_id as key
from ops.export_attempt as a
inner join ops.export_job as j on j.export_id = a.export_id
where a.started_at < %(before)s
    and j.status in ('posted', 'cancelled');
