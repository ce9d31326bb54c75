-- grain: one time a file of a configuration was read or found gone, the newest first
-- reads: ops.file
-- writes: nothing
-- sign and currency: no amounts
select
    f.file_id,
    f.version,
    f.name,
    f.status,
    f.is_in_force,
    f.rows,
    f.bytes,
    f.modified_by,
    f.modified_at,
    f.read_at,
    f.note,
    coalesce(jsonb_array_length(f.problems), 0) + f.more_problems as problems
from ops.file as f
where f.config_id = %(id)s
    and (%(file)s::bigint is null or f.file_id = %(file)s)
    and (%(status)s::text is null or f.status = %(status)s)
    and (
        %(at)s::timestamptz is null
        or (f.read_at, f.file_id, f.version) < (%(at)s, %(before_file)s::bigint, %(before_version)s::integer)
    )
order by f.read_at desc, f.file_id desc, f.version desc
limit %(most)s;
