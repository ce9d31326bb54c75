-- grain: one range of days: documents that are in no logged file as they are now
-- reads: core.purchase_document, core.purchase_document_export
-- writes: nothing
-- sign and currency: no amounts
-- What nobody has worked on yet (new) is not exported unless somebody asks for it, and is not counted. What was deleted since
-- is counted for itself: no export takes it.
with open_ones as materialized (
    select
        (d.created_at at time zone 'UTC')::date as created,
        d.date as invoiced,
        e.file_id is null and d.state <> 'new' and not d.is_deleted as is_unexported,
        e.is_mutated and d.state <> 'new' and not d.is_deleted as is_mutated,
        e.is_mutated and d.is_deleted as is_deleted
    from core.purchase_document as d
    left join core.purchase_document_export as e
        on e.agreement_id = d.agreement_id
        and e.document_number = d.document_number
    where d.agreement_id = %(agreement_id)s
        and (e.is_mutated or (e.file_id is null and d.state <> 'new' and not d.is_deleted))
)

select
    r.name,
    count(*) filter (where o.is_unexported and (r.first is null or o.created between r.first and r.last)) as unexported_created,
    count(*) filter (where o.is_mutated and (r.first is null or o.created between r.first and r.last)) as mutated_created,
    count(*) filter (where o.is_unexported and (r.first is null or o.invoiced between r.first and r.last)) as unexported_invoiced,
    count(*) filter (where o.is_mutated and (r.first is null or o.invoiced between r.first and r.last)) as mutated_invoiced,
    count(*) filter (where o.is_deleted and (r.first is null or o.invoiced between r.first and r.last)) as deleted_invoiced
from unnest(%(names)s::text [], %(firsts)s::date [], %(lasts)s::date []) as r (name, first, last)
left join open_ones as o on true
group by r.name;
