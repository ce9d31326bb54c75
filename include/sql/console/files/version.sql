-- grain: one version of a file
-- reads: ops.file, ops.file_excerpt
-- writes: nothing
-- sign and currency: no amounts
select
    f.file_id,
    f.version,
    f.name,
    f.path,
    f.status,
    f.is_in_force,
    f.rows,
    f.bytes,
    f.modified_by,
    f.modified_at,
    f.read_at,
    f.note,
    f.problems,
    f.more_problems,
    f.run_id,
    e.sheets,
    i.version as in_force,
    coalesce(i.modified_at, i.read_at) as in_force_at,
    (
        select max(n.version)
        from ops.file as n
        where n.file_id = f.file_id
    ) as newest
from ops.file as f
left join ops.file_excerpt as e
    on e.file_id = f.file_id
    and e.version = f.version
left join ops.file as i
    on i.file_id = f.file_id
    and i.is_in_force
where f.config_id = %(id)s
    and f.file_id = %(file)s
    and f.version = %(version)s;
