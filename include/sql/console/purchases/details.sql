-- grain: one purchase document of a page
-- reads: core.purchase_document, core.supplier, ops.personal_purchase
-- writes: nothing
-- sign and currency: positive is owed to the supplier, in the document's currency
-- What is personal is hidden, whoever asks: docs/rights.md. By a limit, since exists would be worked out for all documents there are.
select
    d.document_number,
    case when o.is_personal then '(hidden)' else d.reference end as reference,
    d.currency,
    d.gross_amount,
    case when o.is_personal then '(hidden)' else s.name end as supplier
from core.purchase_document as d
left join core.supplier as s
    on s.agreement_id = d.agreement_id
    and s.supplier_number = d.supplier_number
cross join lateral (
    select (
        select true
        from ops.personal_purchase as p
        where p.agreement_id = d.agreement_id
            and p.document_number = d.document_number
        limit 1
    ) as is_personal
) as o
where d.agreement_id = %(agreement_id)s
    and d.document_number = any(%(ids)s::text []);
