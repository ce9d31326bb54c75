-- grain: one row per try of one entity, the newest first, from a row on
-- reads: ops.sync_run
-- writes: nothing
-- sign and currency: no amounts
select
    r.sync_run_id,
    r.entity,
    r.dag_id,
    r.run_id,
    r.try_number,
    r.mode,
    r.status,
    r.started_at,
    r.finished_at,
    r.requests,
    r.retries,
    r.throttled,
    r.pages,
    r.bytes_in,
    r.rows_read,
    r.rows_inserted,
    r.rows_updated,
    r.rows_unchanged,
    r.rows_deleted,
    r.error_family,
    r.error_message,
    r.note
from ops.sync_run as r
where r.subject_kind = 'agreement'
    and r.subject_id = %(agreement_id)s
    and r.entity = %(entity)s
    and (
        %(before)s::bigint is null
        or (r.started_at, r.sync_run_id) < (
            select
                b.started_at,
                b.sync_run_id
            from ops.sync_run as b
            where b.sync_run_id = %(before)s
        )
    )
    and (%(status)s::text is null or r.status = %(status)s)
    and (%(first)s::timestamptz is null or r.started_at >= %(first)s)
    and (%(last)s::timestamptz is null or r.started_at < %(last)s)
order by r.started_at desc, r.sync_run_id desc
limit %(most)s;
