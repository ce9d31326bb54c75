-- grain: one row per watched subject: what its tasks did in the last 24 hours, all tries added up
-- reads: ops.watched, ops.sync_run, mart.dim_agreement
-- writes: nothing
-- sign and currency: no amounts
with day as (
    select
        s.subject_kind,
        s.subject_id,
        sum(s.rows_read) as rows_read,
        sum(s.rows_inserted) as rows_inserted,
        sum(s.rows_updated) as rows_updated,
        sum(s.rows_deleted) as rows_deleted,
        sum(s.bytes_in) as bytes_received,
        sum(s.requests) as requests,
        sum(s.retries) as retried,
        sum(s.throttled) as throttled,
        count(*) filter (where s.status = 'failed') as failed,
        count(*) filter (where s.status = 'running') as running
    from ops.sync_run as s
    where s.started_at > %(now)s - interval '24 hours'
    group by
        s.subject_kind,
        s.subject_id
),

limits as (
    select
        u.vendor,
        u.daily_calls
    from unnest(%(vendors)s::text[], %(daily_calls)s::bigint[]) as u (vendor, daily_calls)
)

select
    w.subject_kind as kind,
    w.subject_id as subject,
    coalesce(d.rows_read, 0) as rows_read,
    coalesce(d.rows_inserted, 0) as rows_inserted,
    coalesce(d.rows_updated, 0) as rows_updated,
    coalesce(d.rows_deleted, 0) as rows_deleted,
    coalesce(d.bytes_received, 0) as bytes_received,
    coalesce(d.requests, 0) as requests,
    coalesce(d.retried, 0) as retried,
    coalesce(d.throttled, 0) as throttled,
    coalesce(d.failed, 0) as failed,
    coalesce(d.running, 0) as running,
    l.daily_calls as requests_limit,
    extract(epoch from w.since) as watched_since,
    w.days_apart * 86400 as apart_s
from ops.watched as w
left join day as d
    on d.subject_kind = w.subject_kind
    and d.subject_id = w.subject_id
left join mart.dim_agreement as a
    on w.subject_kind = 'agreement'
    and a.agreement_id = w.subject_id
left join limits as l on l.vendor = a.vendor;
