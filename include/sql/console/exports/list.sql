-- A page of exports: what waits for a person first, then what failed, then the others; of each the newest first.
-- Of every organisation the first of them come by its index, so that the cost does not follow the history.
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
) as j
order by
    j.place,
    j.created_at desc,
    j.export_id desc
limit %(most)s
