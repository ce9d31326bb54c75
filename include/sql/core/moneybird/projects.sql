-- grain: one project
-- reads: staging.moneybird_projects
-- writes: core.project
-- sign and currency: none
select
    c.source_key as project_number,
    nullif(c.payload ->> 'name', '') as code,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.source_key) as name,
    c.payload ->> 'state' as group_name,
    c.is_deleted
from changed as c
