-- grain: one document of a file, as it is in it
-- reads: ops.export_file_document, core.purchase_document_export, ops.personal_purchase
-- writes: nothing
-- sign and currency: as the snapshot: positive is owed to the supplier, in the document's currency
-- What is personal is hidden, whoever asks: docs/rights.md. By a limit, since exists would be worked out for all documents there are.
select
    d.document_number,
    d.snapshot ->> 'kind' as kind,
    d.snapshot ->> 'state' as state,
    (d.snapshot ->> 'date')::date as date,
    d.snapshot ->> 'currency' as currency,
    case
        when (
            select true
            from ops.personal_purchase as p
            where p.agreement_id = d.agreement_id
                and p.document_number = d.document_number
            limit 1
        ) then '(hidden)'
        else d.snapshot -> 'supplier' ->> 'name'
    end as supplier,
    (d.snapshot -> 'amounts' ->> 'gross')::numeric as gross,
    greatest(jsonb_array_length(d.snapshot -> 'lines'), 1) as rows,
    coalesce(e.is_mutated and e.file_id = d.file_id, false) as is_mutated,
    e.file_name
from ops.export_file_document as d
left join core.purchase_document_export as e
    on e.agreement_id = d.agreement_id
    and e.document_number = d.document_number
where d.file_id = %(file_id)s
    and (%(after)s::text is null or d.document_number > %(after)s)
order by d.document_number
limit %(most)s;
