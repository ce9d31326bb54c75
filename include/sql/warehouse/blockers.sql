-- Whom a process waits for, and whom those wait for: pid, user, program, kind of process, state, since when, and for whom it waits
-- itself. Process 0 is a prepared transaction. Of processes of others only a member of pg_read_all_stats is told more than the user.
-- reads: pg_stat_activity, pg_locks
with recursive waits as (
    select
        blocker as pid,
        1 as depth
    from unnest(pg_blocking_pids(%(pid)s)) as blocker
    union
    select
        blocker,
        w.depth + 1
    from waits as w
    cross join lateral unnest(pg_blocking_pids(w.pid)) as blocker
    where w.depth < 5 and blocker <> %(pid)s
)

select
    w.pid,
    coalesce(a.usename, '') as name,
    coalesce(a.application_name, '') as program,
    coalesce(nullif(a.backend_type, 'client backend'), '') as kind,
    coalesce(a.state, '') as state,
    coalesce(to_char(a.xact_start at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS'), '') as since,
    pg_blocking_pids(w.pid) as waits_for
from waits as w
left join pg_stat_activity as a on a.pid = w.pid
group by w.pid, a.usename, a.application_name, a.backend_type, a.state, a.xact_start
order by min(w.depth), w.pid
limit 5
