-- grain: one expense that was put in by SQL, taken or refused longer ago than it is kept
-- reads: ops.expense_inbox
-- writes: nothing
-- sign and currency: no amounts
select t.inbox_id as key
from ops.expense_inbox as t
where t.decided_at < %(before)s;
