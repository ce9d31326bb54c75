-- A page of exports: what waits for a person first, then what failed, then the others; of each the newest first.
-- Of every organisation the first of them come by its index, so that the cost does not follow the history.
with listed as (
    select
        j.export_id,
        j.place,
        j.created_at
    from unnest(%(organisations)s::text[]) as o (organisation)
    cross join lateral (
        select
            e.export_id,
            e.place,
            e.created_at
        from ops.export_job as e
        where e.organisation = o.organisation
            and e.kind in ('expense', 'honorarium')
            and e.place = any(%(places)s::smallint[])
            and (%(status)s::text is null or e.status = %(status)s)
            and (%(kind)s::text is null or e.kind = %(kind)s)
            and (%(created_from)s::timestamptz is null or e.created_at >= %(created_from)s)
            and (%(created_to)s::timestamptz is null or e.created_at < %(created_to)s)
            and (
                %(asked)s::text is null
                or e.source_id = %(asked)s
                or e.document_key = %(asked)s
                or e.external_reference = %(asked)s
                or (e.organisation, e.source_id) in (
                    select
                        x.organisation,
                        x.expense_id
                    from ops.expense as x
                    where x.organisation = o.organisation
                        and coalesce(x.employee, x.supplier) = %(asked)s
                )
            )
            and (
                %(reason)s::text is null
                or md5(coalesce(e.last_error_family, '') || regexp_replace(
                    replace(coalesce(e.last_error, ''), e.source_id, ''), '\[[0-9]+\]', '', 'g'
                )) = %(reason)s
            )
            and (
                %(after_place)s::smallint is null
                or e.place > %(after_place)s
                or (e.place = %(after_place)s and (e.created_at, e.export_id) < (%(after_at)s::timestamptz, %(after_id)s::uuid))
            )
        order by
            e.place,
            e.created_at desc,
            e.export_id desc
        limit %(most)s
    ) as j
    order by
        j.place,
        j.created_at desc,
        j.export_id desc
    limit %(most)s
)

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
    j.document_key,
    j.booked_by,
    j.last_error_family,
    j.last_error,
    j.attempts,
    j.next_attempt_at,
    j.may_be_there,
    j.created_at,
    j.updated_at,
    coalesce(x.employee, x.supplier) as payee,
    x.description
from listed as l
inner join ops.export_job as j on j.export_id = l.export_id
left join ops.expense as x
    on x.organisation = j.organisation
    and x.expense_id = j.source_id
    and x.revision = j.revision
order by
    j.place,
    j.created_at desc,
    j.export_id desc
