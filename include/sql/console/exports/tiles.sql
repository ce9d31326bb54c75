-- How many are in each status; of those that are over, what was asked for in the last week.
select
    j.status,
    count(*) as exports,
    min(j.created_at) as oldest_at
from ops.export_job as j
where j.organisation = any(%(organisations)s::text[])
    and j.kind in ('expense', 'honorarium')
    and (j.place < 5 or (j.place = 5 and j.created_at >= %(since)s))
group by j.status
