-- rule: The lines of every invoice and draft sum to its header, in its currency and in base currency
-- reads: mart.fact_invoice_lines, core.invoice, core.draft_invoice
-- severity: critical
-- remedy: read the invoices named here again (mode window over their dates): their lines are then written anew
select
    coalesce(h.invoice_number, f.invoice_number) as invoice_number,
    coalesce(h.is_draft, f.is_draft) as is_draft,
    coalesce(h.date, f.invoice_date) as invoice_date,
    h.net_amount as net_amount_of_header,
    f.net_amount as net_amount_of_lines,
    h.net_amount_base as net_amount_base_of_header,
    f.net_amount_base as net_amount_base_of_lines
from (
    select
        i.invoice_number,
        false as is_draft,
        i.date,
        i.net_amount,
        i.net_amount_base
    from core.invoice as i
    where i.agreement_id = %(agreement_id)s
        and not i.is_deleted
    union all
    select
        d.draft_number as invoice_number,
        true as is_draft,
        d.date,
        d.net_amount,
        d.net_amount_base
    from core.draft_invoice as d
    where d.agreement_id = %(agreement_id)s
        and not d.is_deleted
) as h
full join (
    select
        l.invoice_number,
        l.is_draft,
        any_value(l.invoice_date) as invoice_date,
        sum(l.net_amount) as net_amount,
        sum(l.net_amount_base) as net_amount_base
    from mart.fact_invoice_lines as l
    where l.agreement_id = %(agreement_id)s
    group by
        l.invoice_number,
        l.is_draft
) as f
    on f.invoice_number = h.invoice_number
    and f.is_draft = h.is_draft
where (coalesce(h.net_amount, 0), coalesce(h.net_amount_base, 0))
    is distinct from (coalesce(f.net_amount, 0), coalesce(f.net_amount_base, 0))
    -- An invoice of nothing may have no lines.
    or h.invoice_number is null
