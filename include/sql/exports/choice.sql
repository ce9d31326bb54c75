-- grain: one purchase document that was asked for
-- reads: core.purchase_document, core.purchase_document_export, core.purchase_document_line
-- writes: nothing
-- sign and currency: no amounts
select
    s.id,
    s.is_deleted,
    exists (
        select
        from core.purchase_document_line as l
        where l.agreement_id = %(agreement_id)s
            and l.document_number = s.id
            and not l.is_deleted
    ) as has_lines,
    s.is_exported and not s.is_mutated as is_as_exported
from ({documents}) as s
