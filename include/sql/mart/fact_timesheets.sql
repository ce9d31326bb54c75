-- grain: one line of hours that somebody registered
-- reads: core.timesheet, core.employee, core.project, mart.dim_project
-- writes: core.key_map, mart.fact_timesheets
-- sign and currency: revenue and cost in the line's currency, each rounded once to 2 decimals, half away from zero
-- rows: core.timesheet by timesheet_number, dated date
-- again with: core.agreement
-- again with: core.employee by employee_number of core.timesheet
-- again with: core.project by project_number of core.timesheet
-- A project may be known by a posted line alone.
-- again with: mart.dim_project of mart.fact_timesheets where r.project_key = -1
-- new keys: 'timesheet' by timesheet_number from live_timesheet

-- step: live_timesheet by timesheet_number
select t.timesheet_number
from changed as c
inner join core.timesheet as t
    on t.agreement_id = %(agreement_id)s
    and t.timesheet_number = c.timesheet_number
where not t.is_deleted

-- final
select
    t.timesheet_number as timesheet_key,
    t.timesheet_number,
    t.date,
    mart.date_key(t.date) as date_key,
    t.employee_number as employee_key,
    e.name as employee_name,
    t.project_number as project_key,
    coalesce(p.code, t.project_number) as project_number,
    p.name as project_name,
    t.activity,
    t.time_type,
    t.text,
    t.hours,
    t.invoice_hours,
    round(t.invoice_hours * t.hourly_revenue, 2) as revenue,
    round(t.hours * t.hourly_cost, 2) as cost,
    coalesce(t.currency, g.base_currency) as currency,
    t.is_approved,
    t.is_invoiced,
    t.is_posted,
    t.approved_at at time zone 'UTC' as approved_at
from live_timesheet as l
inner join core.timesheet as t
    on t.agreement_id = %(agreement_id)s
    and t.timesheet_number = l.timesheet_number
inner join core.agreement as g on g.agreement_id = t.agreement_id
-- Left joins: a name that is not (yet) known is none.
left join core.employee as e
    on e.agreement_id = t.agreement_id
    and e.employee_number = t.employee_number
left join core.project as p
    on p.agreement_id = t.agreement_id
    and p.project_number = t.project_number
