-- grain: one fact of postings on the accounts of customers or suppliers, of an agreement whose vendor keeps them apart from the ledger: how far they have come on the way into it
-- reads: ops.progress, core.receivable, core.payable
-- writes: nothing
-- sign and currency: none
select
    t.fact,
    t.entity,
    exists (
        select
        from ops.progress as p
        where p.agreement_id = %(agreement_id)s
            and p.consumer = 'core'
            and p.source = t.entity
    ) as is_in_core,
    (
        select coalesce(max(p.change_seq) filter (where p.consumer = 'staging'), 0)
            > coalesce(max(p.change_seq) filter (where p.consumer = 'core'), 0)
        from ops.progress as p
        where p.agreement_id = %(agreement_id)s
            and p.source = t.entity
    ) as is_unfinished,
    coalesce(t.change_seq, 0) > coalesce((
        select p.change_seq
        from ops.progress as p
        where p.agreement_id = %(agreement_id)s
            and p.consumer = 'mart'
            and p.source = t.core
    ), 0) as is_late
from (
    select
        'fact_receivables' as fact,
        'receivable' as core,
        %(receivable)s::text as entity,
        (
            select max(r.change_seq)
            from core.receivable as r
            where r.agreement_id = %(agreement_id)s
        ) as change_seq
    union all
    select
        'fact_payables' as fact,
        'payable' as core,
        %(payable)s::text as entity,
        (
            select max(r.change_seq)
            from core.payable as r
            where r.agreement_id = %(agreement_id)s
        ) as change_seq
) as t
where t.entity is not null;
