-- grain: one purchase document, as JSON with the names that finance's tools know
-- reads: core.purchase_document, core.purchase_document_export
-- writes: nothing
-- sign and currency: amounts within mutations as the vendor: positive is owed to the supplier
select
    row_to_json(l)::text as document,
    l.id
from (
    select
        s.id,
        s.type,
        s.created_at as "createDate",
        s.date as "invoiceDate",
        s.status,
        s.file_name as "fileName",
        s.all_files as "allFiles",
        coalesce(s.mutations, '[]') as mutations
    from ({documents}) as s
) as l
