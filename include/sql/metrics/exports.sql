-- grain: one row per watched organisation, target and state of its accounting exports
-- reads: ops.watched, ops.export_job
-- writes: nothing
-- sign and currency: no amounts
select
    'export' as kind,
    j.organisation as subject,
    j.target,
    j.status as state,
    count(*) as exports,
    case
        when j.status in ('pending', 'sending', 'failed', 'unknown', 'review') then extract(epoch from min(j.created_at))
    end as oldest
from ops.export_job as j
-- Nothing is to be sent where exports are switched off, and nobody is waited for.
inner join ops.watched as w
    on w.subject_kind = 'export'
    and w.subject_id = j.organisation
group by
    j.organisation,
    j.target,
    j.status;
