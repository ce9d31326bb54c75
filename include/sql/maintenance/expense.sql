-- grain: one revision of an expense claim that is older than it is kept, with no export that is not done
-- reads: ops.expense, ops.export_job
-- writes: nothing
-- sign and currency: no amounts
select e.ctid::text as key
from ops.expense as e
where e.received_at < %(before)s
    and not exists (
        select
        from ops.export_job as j
        where j.organisation = e.organisation
            and j.kind = e.kind
            and j.source_id = e.expense_id
            and j.revision = e.revision
            and j.status not in ('posted', 'cancelled')
    );
