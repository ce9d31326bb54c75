-- grain: one row per agreement and state of its files of purchase documents
-- reads: ops.export_file
-- writes: nothing
-- sign and currency: no amounts
select
    'agreement' as kind,
    f.agreement_id as subject,
    f.status as state,
    count(*) as files
from ops.export_file as f
group by
    f.agreement_id,
    f.status;
