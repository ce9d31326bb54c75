-- grain: one row: of the documents that filters let through, how many would be exported
-- reads: core.purchase_document, core.purchase_document_export
-- writes: nothing
-- sign and currency: no amounts
select
    count(*) as documents,
    count(*) filter (where s.is_deleted) as deleted,
    count(*) filter (where not s.is_deleted and s.status = 'new' and not coalesce('new' = any (%(states)s), false)) as unprocessed,
    count(*) filter (
        where not s.is_deleted
            and (s.status <> 'new' or 'new' = any (%(states)s))
    ) as exportable,
    count(*) filter (
        where not s.is_deleted
            and (s.status <> 'new' or 'new' = any (%(states)s))
            and s.is_exported
            and not s.is_mutated
    ) as as_exported
from ({documents}) as s
