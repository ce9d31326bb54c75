-- grain: one agreement: purchase documents that are in no logged file as they are now
-- reads: core.purchase_document, core.purchase_document_export, core.purchase_document_line
-- writes: nothing
-- sign and currency: no amounts
select
    count(*) filter (where e.is_mutated) as mutated,
    count(*) filter (where e.file_id is null and l.has_lines) as new,
    count(*) filter (where e.file_id is null and not l.has_lines) as without_lines
from core.purchase_document as d
left join core.purchase_document_export as e
    on e.agreement_id = d.agreement_id
    and e.document_number = d.document_number
cross join lateral (
    select exists (
        select
        from core.purchase_document_line as l
        where l.agreement_id = d.agreement_id
            and l.document_number = d.document_number
            and not l.is_deleted
    ) as has_lines
) as l
where d.agreement_id = %(agreement_id)s
    and (not d.is_deleted or e.is_mutated);
