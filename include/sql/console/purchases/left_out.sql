-- grain: one agreement: documents that are in no logged file as they are now, and the newest file
-- reads: core.purchase_document, core.purchase_document_export, ops.export_file
-- writes: nothing
-- sign and currency: no amounts
select
    a.agreement_id,
    c.documents,
    c.unexported,
    c.mutated,
    f.name as file_name,
    f.created_at as file_at
from unnest(%(ids)s::text []) as a (agreement_id)
left join lateral (
    select
        count(*) filter (where not d.is_deleted) as documents,
        count(*) filter (where e.file_id is null and d.state <> 'new' and not d.is_deleted) as unexported,
        count(*) filter (where e.is_mutated and d.state <> 'new' and not d.is_deleted) as mutated
    from core.purchase_document as d
    left join core.purchase_document_export as e
        on e.agreement_id = d.agreement_id
        and e.document_number = d.document_number
    where d.agreement_id = a.agreement_id
) as c on true
left join lateral (
    select x.name, x.created_at
    from ops.export_file as x
    where x.agreement_id = a.agreement_id
        and x.status = 'registered'
    order by x.file_id desc
    limit 1
) as f on true
order by a.agreement_id;
