-- Exports as a list shows them, in its order.
select
    j.export_id,
    j.organisation,
    j.target,
    j.kind,
    j.source_id,
    j.revision,
    j.status,
    j.place,
    j.total,
    j.currency,
    j.external_reference,
    j.booked_by,
    j.last_error_family,
    j.last_error,
    j.created_at,
    j.updated_at,
    coalesce(x.employee, x.supplier) as payee,
    x.description
from unnest(%(ids)s::uuid[]) with ordinality as i (export_id, nth)
inner join ops.export_job as j on j.export_id = i.export_id
left join ops.expense as x
    on x.organisation = j.organisation
    and x.expense_id = j.source_id
    and x.revision = j.revision
order by i.nth
