-- grain: one document of an agreement
-- reads: mart.dim_document
-- writes: nothing
-- sign and currency: none
select
    d.kind,
    d.document_number,
    d.attached_document_number
from mart.dim_document as d
where d.agreement_key = %(agreement_key)s
    and d.document_key = %(document_key)s;
