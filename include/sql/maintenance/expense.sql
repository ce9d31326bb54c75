-- grain: one revision of an expense claim that is older than it is kept, with no export of the claim that is not done
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
            and j.kind in ('expense', 'honorarium')
            and j.source_id = e.expense_id
            and j.status not in ('posted', 'cancelled')
    )
    -- The oldest goes first, or an earlier revision would hold again.
    and not exists (
        select
        from ops.expense as o
        where o.organisation = e.organisation
            and o.expense_id = e.expense_id
            and o.revision < e.revision
    )
    -- Approved, and nobody has asked for its export yet: it waits as long as books are kept.
    and not (
        e.status = 'approved'
        and e.received_at >= %(now)s - interval '8 years'
        and not exists (
            select
            from ops.export_job as j
            where j.organisation = e.organisation
                and j.kind in ('expense', 'honorarium')
                and j.source_id = e.expense_id
                and j.revision = e.revision
        )
        and not exists (
            select
            from ops.expense as n
            where n.organisation = e.organisation
                and n.expense_id = e.expense_id
                and n.revision > e.revision
        )
    );
