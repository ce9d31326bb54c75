-- Periods that are closed, the newest first.
select
    p.accounting_year,
    p.period,
    p.start_date,
    p.end_date,
    p.closed_at
from ops.period_closing as p
where p.agreement_id = %(agreement_id)s
order by p.start_date desc, p.period desc
limit 60
