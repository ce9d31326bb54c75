-- grain: one file of a configuration, as it was last seen; the newest first
-- reads: ops.file, ops.watermark
-- writes: nothing
-- sign and currency: no amounts
with newest as (
    select distinct on (f.source_id)
        f.file_id,
        f.version,
        f.source_id,
        f.name,
        f.path,
        f.status,
        f.read_at,
        f.modified_at,
        f.modified_by,
        f.note,
        coalesce(jsonb_array_length(f.problems), 0) + f.more_problems as problems
    from ops.file as f
    where f.config_id = %(id)s
    order by f.source_id, f.version desc
)

select
    n.file_id,
    n.version,
    n.name,
    n.path,
    n.status,
    n.read_at,
    n.modified_at,
    n.modified_by,
    n.problems,
    i.version as in_force,
    i.rows,
    i.note,
    coalesce(i.modified_at, i.read_at) as in_force_at
from newest as n
left join ops.file as i
    on i.file_id = n.file_id
    and i.is_in_force
where n.status <> 'gone'
    or i.version is not null
order by n.status = 'rejected' desc, n.read_at desc, n.file_id desc
limit %(most)s;
