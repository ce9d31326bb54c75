-- grain: one alert that was closed longer ago than it is kept, and of which nobody is still to be told
-- reads: ops.alert, ops.alert_mail
-- writes: nothing
-- sign and currency: no amounts
select a.alert_id as key
from ops.alert as a
where a.closed_at < %(before)s
    and a.news is null
    and not exists (
        select 1
        from ops.alert_mail as m
        where m.done_at is null
            and a.alert_id = any(m.alert_ids)
    );
