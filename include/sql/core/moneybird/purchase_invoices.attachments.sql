-- grain: one file that hangs on a purchase invoice
-- reads: staging.moneybird_purchase_invoices, core.purchase_document, core.purchase_document_attachment
-- writes: core.purchase_document_attachment
-- sign and currency: none
with own as materialized (
    select
        c.source_key,
        c.payload,
        c.is_deleted
    from changed as c
    -- Of a document that has become one of the other kind nothing is said here. Looked up one by one: Postgres knows nothing
    -- of a table that has just been filled.
    where (
        select d.kind
        from core.purchase_document as d
        where d.agreement_id = %(agreement_id)s
            and d.document_number = c.source_key
    ) = 'purchase_invoice'
)

select
    o.source_key as document_number,
    e.file ->> 'id' as attachment_id,
    nullif(e.file ->> 'filename', '') as file_name,
    nullif(e.file ->> 'content_type', '') as content_type,
    (e.file ->> 'size')::bigint as size_bytes,
    false as is_deleted
from own as o
cross join lateral jsonb_array_elements(case jsonb_typeof(o.payload -> 'attachments') when 'array' then o.payload -> 'attachments' else '[]' end) as e (file)
where not o.is_deleted
union all
-- What a document no longer has.
select
    t.document_number,
    t.attachment_id,
    t.file_name,
    t.content_type,
    t.size_bytes,
    true as is_deleted
from own as o
inner join core.purchase_document_attachment as t
    on t.agreement_id = %(agreement_id)s
    and t.document_number = o.source_key
where not t.is_deleted
    and (o.is_deleted or t.attachment_id not in (
        select e.file ->> 'id'
        from jsonb_array_elements(case jsonb_typeof(o.payload -> 'attachments') when 'array' then o.payload -> 'attachments' else '[]' end) as e (file)
    ))
