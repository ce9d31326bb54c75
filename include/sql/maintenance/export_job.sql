-- grain: one export to an accounting system that was done longer ago than it is kept, and whose claim is not kept any more
-- reads: ops.export_job, ops.expense
-- writes: nothing
-- sign and currency: no amounts
select j.ctid::text as key
from ops.export_job as j
where j.updated_at < %(before)s
    and j.status in ('posted', 'cancelled')
    -- It says that the claim was exported, or is not to be: without it, the next run would export it.
    and not exists (
        select
        from ops.expense as e
        where j.kind in ('expense', 'honorarium')
            and e.organisation = j.organisation
            and e.expense_id = j.source_id
    );
