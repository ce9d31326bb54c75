-- grain: one row, how many rows purchase_rows.sql has
-- reads: core.purchase_document, core.purchase_document_line
-- writes: nothing
-- sign and currency: none
select coalesce(sum(greatest(l.lines, 1)), 0) as rows
from core.purchase_document as d
left join lateral (
    select count(*) as lines
    from core.purchase_document_line as l
    where l.agreement_id = d.agreement_id
        and l.document_number = d.document_number
        and not l.is_deleted
) as l
    on true
where d.agreement_id = %(agreement_id)s
    and d.document_number = any(%(document_numbers)s::text[])
    and not d.is_deleted
