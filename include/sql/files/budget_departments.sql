-- A department that is written by its name gets its number or code: files about it meet whatever they call it, and what is budgeted
-- for it stays its own when it is renamed.
update staging.file_budget as s
set department = d.code
from (
    select
        w.agreement_id,
        w.department,
        min(k.code) as code
    from (
        select distinct
            t.agreement_id,
            t.department
        from staging.file_budget as t
        where t.file_id = %(file_id)s
            and t.version = %(version)s
            and t.department <> ''
    ) as w
    inner join core.known_department as k
        on k.agreement_id = w.agreement_id
        and lower(k.name) = lower(w.department)
        and not k.is_deleted
    where not exists (
        select
        from core.known_department as c
        where c.agreement_id = w.agreement_id
            and c.code = w.department
            and not c.is_deleted
    )
    group by
        w.agreement_id,
        w.department
    having count(*) = 1
) as d
where s.file_id = %(file_id)s
    and s.version = %(version)s
    and s.agreement_id = d.agreement_id
    and s.department = d.department
