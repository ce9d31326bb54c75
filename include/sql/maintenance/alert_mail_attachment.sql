-- grain: one mail with files that was done with longer ago than they are kept
-- reads: ops.alert_mail_attachment, ops.alert_mail
-- writes: nothing
-- sign and currency: no amounts
select distinct a.mail_id as key
from ops.alert_mail_attachment as a
inner join ops.alert_mail as m
    on m.mail_id = a.mail_id
where m.done_at < %(before)s;
