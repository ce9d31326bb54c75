-- Minutes that were looked at, and those that were well, in each part of a time; as ops.uptime counts them, of two looks at one moment the
-- better one.
with looks as (
    select
        h.component,
        date_bin(h.minutes * interval '1 minute', h.at, timestamptz '2000-01-01 00:00:00+00') as due,
        max(h.minutes) as minutes,
        bool_or(h.ok) as ok
    from ops.heartbeat as h
    where h.at >= %(begins)s
    group by
        h.component,
        due
)

select
    l.component,
    date_bin(%(step)s::interval, l.due, %(begins)s::timestamptz) as begins,
    sum(l.minutes)::integer as minutes,
    coalesce(sum(l.minutes) filter (where l.ok), 0)::integer as minutes_ok
from looks as l
where l.due >= %(begins)s
group by
    l.component,
    begins
order by
    l.component,
    begins
