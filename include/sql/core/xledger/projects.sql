-- grain: one project
-- reads: staging.xledger_projects
-- writes: core.project
-- sign and currency: none
select
    c.source_key as project_number,
    c.payload ->> 'code' as code,
    coalesce(
        nullif(btrim(c.payload ->> 'description'), ''), nullif(btrim(c.payload ->> 'code'), ''), c.source_key
    ) as name,
    coalesce(
        nullif(btrim(c.payload -> 'projectGroup' ->> 'description'), ''), c.payload -> 'projectGroup' ->> 'code'
    ) as group_name,
    c.payload -> 'customer' ->> 'dbId' as customer_number,
    c.payload -> 'projectManager' ->> 'dbId' as manager_number,
    nullif(c.payload ->> 'mainProjectDbId', '0') as main_project_number,
    left(c.payload ->> 'fromDate', 10)::date as start_date,
    left(c.payload ->> 'toDate', 10)::date as end_date,
    not (c.payload ->> 'external')::boolean as is_internal,
    (c.payload ->> 'billable')::boolean as is_billable,
    c.is_deleted
from changed as c
