-- grain: one row per subject with reads that were begun and are not at their end, such as first loads
-- reads: ops.watermark
-- writes: nothing
-- sign and currency: no amounts
select
    m.subject_kind as kind,
    m.subject_id as subject,
    count(*) as reads
from ops.watermark as m
where m.resume is not null
group by
    m.subject_kind,
    m.subject_id;
