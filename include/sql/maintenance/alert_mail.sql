-- grain: one mail that was done with longer ago than it is kept
-- reads: ops.alert_mail
-- writes: nothing
-- sign and currency: no amounts
select m.mail_id as key
from ops.alert_mail as m
where m.done_at < %(before)s;
