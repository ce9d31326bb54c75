-- grain: one file that was removed from the lake longer ago than that is kept
-- reads: ops.lake_file
-- writes: nothing
-- sign and currency: no amounts
select f.lake_file_id as key
from ops.lake_file as f
where f.removed_at < %(before)s;
