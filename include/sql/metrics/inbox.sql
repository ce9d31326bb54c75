-- grain: one row per organisation with expenses that wait in the inbox of SQL; an empty one for all that nobody exports for
-- reads: ops.expense_inbox, ops.watched
-- writes: nothing
-- sign and currency: no amounts
-- Whoever may insert may name any organisation: what they make up is no label.
select
    'export' as kind,
    coalesce(w.subject_id, '') as subject,
    count(*) as waiting
from ops.expense_inbox as i
left join ops.watched as w
    on w.subject_kind = 'export'
    and w.subject_id = i.organisation
where i.status = 'waiting'
group by coalesce(w.subject_id, '');
