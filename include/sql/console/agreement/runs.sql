-- grain: one row per ended run of the agreement, the newest first, from a row of its report on: what it came to
-- reads: ops.sync_run
-- writes: nothing
-- sign and currency: no amounts
with page as (
    select
        r.sync_run_id,
        r.dag_id,
        r.run_id,
        r.mode,
        r.status,
        r.started_at,
        r.finished_at
    from ops.sync_run as r
    where r.subject_kind = 'agreement'
        and r.subject_id = %(agreement_id)s
        and r.entity = 'report'
        and r.status <> 'running'
        and (%(before)s::bigint is null or r.sync_run_id < %(before)s)
        and (%(status)s::text is null or r.status = %(status)s)
        and (%(first)s::timestamptz is null or r.started_at >= %(first)s)
        and (%(last)s::timestamptz is null or r.started_at < %(last)s)
    order by r.sync_run_id desc
    limit %(most)s
)

select
    p.sync_run_id,
    p.dag_id,
    p.run_id,
    p.mode,
    p.status,
    t.began_at,
    p.finished_at as ended_at,
    t.entities,
    t.failed,
    t.requests,
    t.retries,
    t.throttled,
    t.bytes_in,
    t.rows_read,
    t.rows_inserted,
    t.rows_updated,
    t.rows_deleted
from page as p
-- Summed run by run: otherwise all tries there ever were would be read for a page of them.
cross join lateral (
    select
        min(t.started_at) as began_at,
        count(distinct t.entity) as entities,
        string_agg(distinct t.entity, ', ') filter (where t.status = 'failed' and t.entity <> 'report') as failed,
        sum(t.requests)::bigint as requests,
        sum(t.retries)::bigint as retries,
        sum(t.throttled)::bigint as throttled,
        sum(t.bytes_in)::bigint as bytes_in,
        sum(t.rows_read)::bigint as rows_read,
        sum(t.rows_inserted)::bigint as rows_inserted,
        sum(t.rows_updated)::bigint as rows_updated,
        sum(t.rows_deleted)::bigint as rows_deleted
    from unnest(%(entities)s::text[]) as u (entity)
    inner join ops.sync_run as t
        on t.subject_kind = 'agreement'
        and t.subject_id = %(agreement_id)s
        and t.entity = u.entity
        -- No run lasts longer.
        and t.started_at between p.started_at - interval '20 hours' and p.started_at
        and t.dag_id = p.dag_id
        and t.run_id = p.run_id
) as t
order by p.sync_run_id desc;
