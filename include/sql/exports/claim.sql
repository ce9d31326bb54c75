-- grain: one document of a file that is claimed
-- reads: core.purchase_document, core.purchase_document_line, core.supplier
-- writes: ops.export_file, ops.export_file_document
-- sign and currency: amounts as the vendor: positive is owed to the supplier
with content as materialized (
    select
        s.document_number,
        s.version,
        s.created_at,
        s.date,
        s.snapshot
    from ops.purchase_snapshots(%(agreement_id)s, %(documents)s::text []) as s
),

file as (
    insert into ops.export_file (
        file_id, agreement_id, name, layout, is_logged, is_again, status, documents, rows,
        first_created_at, last_created_at, first_invoice_date, last_invoice_date, created_by, made_for, created_at
    )
    select
        %(file_id)s,
        %(agreement_id)s,
        %(name)s,
        %(layout)s,
        %(is_logged)s,
        %(is_again)s,
        'claimed',
        count(*),
        coalesce(sum(greatest(jsonb_array_length(c.snapshot -> 'lines'), 1)), 0),
        min(c.created_at),
        max(c.created_at),
        min(c.date),
        max(c.date),
        %(actor)s,
        %(made_for)s,
        %(now)s
    from content as c
)

insert into ops.export_file_document (file_id, agreement_id, document_number, version, snapshot)
select
    %(file_id)s,
    %(agreement_id)s,
    c.document_number,
    c.version,
    c.snapshot
from content as c
