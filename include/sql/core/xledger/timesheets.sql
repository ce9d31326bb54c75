-- grain: one line of hours that somebody registered
-- reads: staging.xledger_timesheets
-- writes: core.timesheet
-- sign and currency: prices and costs of an hour in the line's currency
select
    c.source_key as timesheet_number,
    left(c.payload ->> 'assignmentDate', 10)::date as date,
    c.payload -> 'employee' ->> 'dbId' as employee_number,
    c.payload -> 'project' ->> 'dbId' as project_number,
    coalesce(nullif(btrim(c.payload -> 'activity' ->> 'description'), ''), c.payload -> 'activity' ->> 'code') as activity,
    coalesce(nullif(btrim(c.payload -> 'timeType' ->> 'description'), ''), c.payload -> 'timeType' ->> 'code') as time_type,
    nullif(c.payload ->> 'text', '') as text,
    (c.payload ->> 'workingHours')::numeric as hours,
    (c.payload ->> 'invoiceHours')::numeric as invoice_hours,
    (c.payload ->> 'hourlyRevenueCurrency')::numeric as hourly_revenue,
    (c.payload ->> 'hourlyCost')::numeric as hourly_cost,
    c.payload -> 'currency' ->> 'code' as currency,
    coalesce((c.payload ->> 'approved')::boolean, btrim(c.payload ->> 'approvedAt') <> '', false) as is_approved,
    coalesce((c.payload ->> 'invoiced')::boolean, false) as is_invoiced,
    coalesce((c.payload ->> 'posted')::boolean, false) as is_posted,
    -- The vendor writes Norwegian time without a zone. An hour that comes twice in October is the second one, and one that is
    -- missing in March the hour after.
    left(nullif(btrim(c.payload ->> 'approvedAt'), ''), 19)::timestamp at time zone 'Europe/Oslo' as approved_at,
    c.is_deleted
from changed as c
