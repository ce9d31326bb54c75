-- grain: one registered file, the newest first
-- reads: ops.export_file, ops.export_file_document, core.purchase_document_export
-- writes: nothing
-- sign and currency: no amounts
select
    f.file_id,
    f.name,
    f.created_at,
    f.created_by,
    f.layout,
    f.is_logged,
    f.is_again,
    f.documents,
    f.rows,
    f.bytes,
    f.sha256,
    f.path,
    coalesce(m.mutated, 0) as mutated,
    f.first_created_at,
    f.last_created_at,
    f.first_invoice_date,
    f.last_invoice_date,
    f.note
from ops.export_file as f
left join lateral (
    select count(*) as mutated
    from ops.export_file_document as d
    inner join core.purchase_document_export as e
        on e.agreement_id = d.agreement_id
        and e.document_number = d.document_number
        and e.is_mutated
    where d.file_id = f.file_id
) as m on true
where f.agreement_id = %(agreement_id)s
    and f.status = 'registered'
    and (%(name)s::text is null or f.name = %(name)s)
    and (%(before)s::bigint is null or f.file_id < %(before)s)
order by f.file_id desc
limit %(most)s::bigint
