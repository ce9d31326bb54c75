-- grain: one row per agreement with files of the lake that are still to be written
-- reads: ops.lake_file
-- writes: nothing
-- sign and currency: no amounts
select
    'agreement' as kind,
    f.agreement_id as subject,
    count(*) as files
from ops.lake_file as f
where f.state = 'owed'
group by f.agreement_id;
