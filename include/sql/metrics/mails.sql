-- grain: one row: mails that wait for a mail server
-- reads: ops.alert_mail
-- writes: nothing
-- sign and currency: no amounts
select
    count(*) as waiting
from ops.alert_mail as m
where m.done_at is null;
