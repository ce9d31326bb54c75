-- grain: one file of purchase documents that was deleted or abandoned longer ago than it is kept
-- reads: ops.export_file
-- writes: nothing
-- sign and currency: no amounts
select f.file_id as key
from ops.export_file as f
where f.ended_at < %(before)s
    and f.status in ('deleted', 'abandoned');
