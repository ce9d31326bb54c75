-- grain: one agreement: how far its invoices have come on the way into the facts, and what they come to
-- reads: ops.watermark, ops.progress, core.invoice, mart.fact_invoice_lines
-- writes: nothing
-- sign and currency: invoices positive, credit notes negative; base currency
select
    (
        select coalesce(w.cursor -> 'marker', w.cursor -> 'cursor')
        from ops.watermark as w
        where w.agreement_id = %(agreement_id)s
            and w.entity = %(entity)s
    ) as marker,
    (
        select coalesce(max(p.change_seq) filter (where p.consumer = 'staging'), 0)
            > coalesce(max(p.change_seq) filter (where p.consumer = 'core'), 0)
        from ops.progress as p
        where p.agreement_id = %(agreement_id)s
            and p.source = %(entity)s
    ) as is_unfinished,
    coalesce((
        select max(i.change_seq)
        from core.invoice as i
        where i.agreement_id = %(agreement_id)s
    ), 0) > coalesce((
        select p.change_seq
        from ops.progress as p
        where p.agreement_id = %(agreement_id)s
            and p.consumer = 'mart'
            and p.source = 'invoice'
    ), 0) as is_late,
    coalesce(sum(i.net_amount_base), 0) as net_amount_base,
    count(*) as invoices,
    coalesce(sum(i.remainder_base), 0) as remainder_base
from (
    select
        f.invoice_number,
        sum(f.net_amount_base) as net_amount_base,
        sum(f.invoice_remainder_base) as remainder_base
    from mart.fact_invoice_lines as f
    where f.agreement_id = %(agreement_id)s
        and not f.is_draft
    group by f.invoice_number
) as i;
