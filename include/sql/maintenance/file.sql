-- grain: one look at a file that is older than it is kept
-- reads: ops.file
-- writes: nothing
-- sign and currency: no amounts
select f.ctid::text as key
from ops.file as f
where f.read_at < %(before)s
    and not f.is_in_force
    and exists (
        select
        from ops.file as n
        where n.file_id = f.file_id
            and n.version > f.version
    );
