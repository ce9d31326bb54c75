-- grain: one row, the last look of the watch; none where it never looked
-- reads: ops.heartbeat
-- writes: nothing
-- sign and currency: no amounts
select
    h.at,
    h.minutes
from ops.heartbeat as h
where h.component = 'scheduler'
order by h.at desc
limit 1;
