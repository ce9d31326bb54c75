-- Exports that wait for a person, and those that failed.
select
    count(*) filter (where j.place = 0) as review,
    count(*) filter (where j.place = 1) as failed
from ops.export_job as j
where j.organisation = any(%(organisations)s::text[])
    and j.place in (0, 1)
