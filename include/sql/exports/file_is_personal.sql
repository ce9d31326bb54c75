-- grain: one row: whether a file has a document with a line on a personal account
-- reads: ops.export_file_document, ops.personal_purchase
-- writes: nothing
-- sign and currency: no amounts
select exists (
    select
    from ops.export_file_document as d
    inner join ops.personal_purchase as p
        on p.agreement_id = d.agreement_id
        and p.document_number = d.document_number
    where d.file_id = %(file_id)s
);
