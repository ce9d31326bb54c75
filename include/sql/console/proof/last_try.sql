-- grain: the last run of an agreement's proof, whatever it came to
-- reads: ops.sync_run
-- writes: nothing
-- sign and currency: none
select
    r.run_id,
    r.status,
    r.started_at,
    r.finished_at,
    r.note,
    r.error_message
from ops.sync_run as r
where r.agreement_id = %(agreement_id)s
    and r.entity = 'prove'
order by r.started_at desc
limit 1;
