-- grain: one purchase document that was asked for
-- reads: core.purchase_document, core.purchase_document_export
-- writes: nothing
-- sign and currency: no amounts
-- What nobody has worked on yet (new) is chosen by its id, or by filters that name that state.
select
    s.id,
    s.is_deleted,
    s.is_exported and not s.is_mutated as is_as_exported
from ({documents}) as s
where %(ids)s::text [] is not null
    or (not s.is_deleted and (s.status <> 'new' or 'new' = any (%(states)s)))
