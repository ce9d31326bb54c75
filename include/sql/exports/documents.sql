-- grain: one purchase document, as the list of exports shows it
-- reads: core.purchase_document, core.purchase_document_export, ops.personal_purchase
-- writes: nothing
-- sign and currency: amounts within mutations as the vendor: positive is owed to the supplier
select
    d.document_number as id,
    d.kind as type,
    d.created_at,
    d.date,
    case when d.is_deleted then 'deleted' else d.state end as status,
    e.file_name,
    coalesce(e.all_files, '{}') as all_files,
    -- Of documents with a line on a personal account only that they changed: docs/rights.md. By a limit: exists would be worked out for
    -- all documents there are.
    case
        when e.is_mutated and (
            select true
            from ops.personal_purchase as p
            where p.agreement_id = d.agreement_id
                and p.document_number = d.document_number
            limit 1
        ) then (
            select
                jsonb_agg(
                    case
                        when m.mutation ->> 'fieldName' in ('contact', 'lines')
                        then m.mutation || '{"oldValue": "(hidden)", "newValue": "(hidden)"}'
                        else m.mutation
                    end
                    order by m.place
                )
            from jsonb_array_elements(e.mutations) with ordinality as m (mutation, place)
        )
        else e.mutations
    end as mutations,
    d.is_deleted,
    coalesce(e.is_exported, false) as is_exported,
    coalesce(e.is_mutated, false) as is_mutated
from core.purchase_document as d
left join core.purchase_document_export as e
    on e.agreement_id = d.agreement_id
    and e.document_number = d.document_number
where d.agreement_id = %(agreement_id)s
    and (%(ids)s::text [] is null or d.document_number = any (%(ids)s))
    -- Who names a document is told of it, whatever became of it.
    and (not d.is_deleted or e.all_files <> '{}' or %(ids)s::text [] is not null)
    and (%(created_from)s::date is null or d.created_at >= %(created_from)s::date)
    and (%(created_to)s::date is null or d.created_at < %(created_to)s::date + 1)
    and (%(invoice_from)s::date is null or d.date >= %(invoice_from)s)
    and (%(invoice_to)s::date is null or d.date <= %(invoice_to)s)
    and (
        %(states)s::text [] is null
        or case when d.is_deleted then 'deleted' else d.state end = any (%(states)s)
    )
    and (
        not (%(not_exported)s or %(mutated)s)
        or (%(not_exported)s and e.file_id is null)
        or (%(mutated)s and e.is_mutated)
    )
    and (%(after)s::text is null or d.document_number > %(after)s)
order by d.document_number
limit %(most)s::bigint
