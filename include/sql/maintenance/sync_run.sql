-- grain: one try that is older than it is kept and that nothing reads any more
-- reads: ops.sync_run, ops.ledger_run
-- writes: nothing
-- sign and currency: no amounts
with good as (
    select
        s.subject_kind,
        s.subject_id,
        s.entity,
        max(s.sync_run_id) as sync_run_id
    from ops.sync_run as s
    where s.mode <> 'window'
        and (s.status = 'success' or (s.status = 'skipped' and s.error_family = 'NotLicensed'))
    group by s.subject_kind, s.subject_id, s.entity
),

newest as (
    select
        s.subject_kind,
        s.subject_id,
        s.entity,
        max(s.sync_run_id) as sync_run_id
    from ops.sync_run as s
    group by s.subject_kind, s.subject_id, s.entity
),

-- The run whose data reports show: see mart.sync_status.
shown as (
    select distinct on (r.agreement_id)
        r.agreement_id,
        r.run_id
    from ops.ledger_run as r
    order by r.agreement_id, r.finished_at desc
),

-- What failed since the last success is how long it has failed; the last success is where that began. A
-- try that had nothing to do says neither.
final as (
    select s.sync_run_id as key
    from ops.sync_run as s
    inner join newest as n
        on n.subject_kind = s.subject_kind
        and n.subject_id = s.subject_id
        and n.entity = s.entity
        and n.sync_run_id > s.sync_run_id
    left join good as g
        on g.subject_kind = s.subject_kind
        and g.subject_id = s.subject_id
        and g.entity = s.entity
    left join shown as w
        on w.agreement_id = s.agreement_id
        and w.run_id = s.run_id
    where s.started_at < %(before)s
        and w.run_id is null
        and (
            s.sync_run_id < g.sync_run_id
            or (s.status = 'skipped' and s.error_family is distinct from 'NotLicensed')
        )
)

select key
from final;
