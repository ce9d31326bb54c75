-- grain: one purchase document of a page
-- reads: core.purchase_document, core.supplier
-- writes: nothing
-- sign and currency: positive is owed to the supplier, in the document's currency
select
    d.document_number,
    d.reference,
    d.currency,
    d.gross_amount,
    s.name as supplier
from core.purchase_document as d
left join core.supplier as s
    on s.agreement_id = d.agreement_id
    and s.supplier_number = d.supplier_number
where d.agreement_id = %(agreement_id)s
    and d.document_number = any(%(ids)s::text []);
