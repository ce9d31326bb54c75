-- grain: one agreement: purchase documents that are in no logged file as they are now
-- reads: core.purchase_document, core.purchase_document_export
-- writes: nothing
-- sign and currency: no amounts
select
    count(*) filter (where e.is_mutated and not d.is_deleted) as mutated,
    count(*) filter (where e.file_id is null and d.state <> 'new' and not d.is_deleted) as unexported,
    count(*) filter (where e.file_id is null and d.state = 'new' and not d.is_deleted) as unprocessed,
    count(*) filter (where e.is_mutated and d.is_deleted) as deleted
from core.purchase_document as d
left join core.purchase_document_export as e
    on e.agreement_id = d.agreement_id
    and e.document_number = d.document_number
where d.agreement_id = %(agreement_id)s
    and (not d.is_deleted or e.is_mutated);
