-- Minutes that were looked at, and those that were well, in each part of a time. Two looks at one moment count twice here: whoever shows
-- them never shows more minutes than there were.
select
    h.component,
    date_bin(%(step)s::interval, h.at, %(begins)s::timestamptz) as begins,
    sum(h.minutes)::integer as minutes,
    coalesce(sum(h.minutes) filter (where h.ok), 0)::integer as minutes_ok
from ops.heartbeat as h
where h.at >= %(begins)s
group by
    h.component,
    begins
order by
    h.component,
    begins
