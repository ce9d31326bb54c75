-- As list.sql, of the exports of a claim, of a person, or with a number in the accounting system: each is found by an index.
with matching as (
    select e.export_id
    from ops.export_job as e
    where e.organisation = any(%(organisations)s::text[])
        and e.kind in ('expense', 'honorarium')
        and e.source_id = %(asked)s
    union
    select e.export_id
    from ops.expense as x
    inner join ops.export_job as e
        on e.organisation = x.organisation
        and e.kind = x.kind
        and e.source_id = x.expense_id
        and e.revision = x.revision
    where x.organisation = any(%(organisations)s::text[])
        and coalesce(x.employee, x.supplier) = %(asked)s
    union
    select e.export_id
    from ops.export_job as e
    where e.document_key = %(asked)s
    union
    select e.export_id
    from ops.export_job as e
    where e.external_reference = %(asked)s
)

select
    e.export_id,
    e.place,
    e.created_at
from matching as m
inner join ops.export_job as e on e.export_id = m.export_id
where e.organisation = any(%(organisations)s::text[])
    and e.kind in ('expense', 'honorarium')
    and e.place between %(first_place)s and %(last_place)s
    and (%(status)s::text is null or e.status = %(status)s)
    and (%(kind)s::text is null or e.kind = %(kind)s)
    and (%(created_from)s::timestamptz is null or e.created_at >= %(created_from)s)
    and (%(created_to)s::timestamptz is null or e.created_at < %(created_to)s)
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
