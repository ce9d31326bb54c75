-- grain: one file that is in the register no more
-- reads: ops.export_file
-- writes: nothing
-- sign and currency: no amounts
select
    f.ended_by,
    f.ended_at
from ops.export_file as f
where f.agreement_id = %(agreement_id)s
    and f.name = %(name)s
    and f.status in ('deleting', 'deleted')
order by f.file_id desc
limit 1;
