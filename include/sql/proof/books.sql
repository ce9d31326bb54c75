-- grain: one agreement: how far its ledger has come on the way into the facts
-- reads: ops.watermark, ops.progress, core.ledger_entry, core.agreement, mart.fact_journal_entries
-- writes: nothing
-- sign and currency: none
select
    (
        select coalesce(w.cursor -> 'marker', w.cursor -> 'cursor')
        from ops.watermark as w
        where w.agreement_id = %(agreement_id)s
            and w.entity = %(entity)s
    ) as marker,
    (
        select g.base_currency
        from core.agreement as g
        where g.agreement_id = %(agreement_id)s
    ) as base_currency,
    exists (
        select
        from ops.progress as p
        where p.agreement_id = %(agreement_id)s
            and p.consumer = 'core'
            and p.source = %(entity)s
    ) as is_in_core,
    -- What is staged and not in core is a read that is unfinished; what is in core and not in the facts,
    -- facts that are late.
    (
        select coalesce(max(p.change_seq) filter (where p.consumer = 'staging'), 0)
            > coalesce(max(p.change_seq) filter (where p.consumer = 'core'), 0)
        from ops.progress as p
        where p.agreement_id = %(agreement_id)s
            and p.source = %(entity)s
    ) as is_unfinished,
    coalesce((
        select max(e.change_seq)
        from core.ledger_entry as e
        where e.agreement_id = %(agreement_id)s
    ), 0) > coalesce((
        select p.change_seq
        from ops.progress as p
        where p.agreement_id = %(agreement_id)s
            and p.consumer = 'mart'
            and p.source = 'ledger_entry'
    ), 0) as is_late,
    (
        select count(*)
        from mart.fact_journal_entries as f
        where f.agreement_id = %(agreement_id)s
    ) as entries;
