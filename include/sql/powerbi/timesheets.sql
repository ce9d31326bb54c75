-- grain: one line of hours worked on the days chosen
-- reads: mart.fact_timesheets
-- writes: nothing
-- sign and currency: revenue and cost in the line's currency
select
    f.agreement_key,
    f.employee_key,
    f.project_key,
    f.hours,
    f.invoice_hours,
    f.revenue,
    f.cost,
    f.currency,
    f.is_approved
from mart.fact_timesheets as f
where f.agreement_key = %(agreement_key)s
    and f.date between %(first_day)s and %(last_day)s
