-- Why exports wait for a person or failed: those with the same reason are mended together. Ids and places in the message are not part of it.
with waiting as (
    select
        j.organisation,
        j.last_error_family,
        j.last_error,
        j.status,
        md5(coalesce(j.last_error_family, '') || regexp_replace(
            replace(coalesce(j.last_error, ''), j.source_id, ''), '\[[0-9]+\]', '', 'g'
        )) as reason
    from ops.export_job as j
    where j.organisation = any(%(organisations)s::text[])
        and j.kind in ('expense', 'honorarium')
        and j.place in (0, 1)
)

select
    w.reason,
    count(*) as exports,
    count(*) filter (where w.status = 'review') as review,
    count(distinct w.organisation) as organisations,
    min(w.last_error_family) as family,
    min(w.last_error) as message
from waiting as w
group by w.reason
order by
    exports desc,
    reason
limit %(most)s
