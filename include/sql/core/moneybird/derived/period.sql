-- grain: one calendar month of an accounting year
-- reads: core.accounting_year, core.agreement
-- writes: core.period
-- sign and currency: none
select
    to_char(m.first_day, 'YYYYMM') as source_key,
    y.accounting_year,
    m.first_day::date as start_date,
    (m.first_day + interval '1 month' - interval '1 day')::date as end_date,
    coalesce((m.first_day + interval '1 month' - interval '1 day')::date <= g.locked_until, false) as is_closed
from core.accounting_year as y
inner join core.agreement as g on g.agreement_id = y.agreement_id
cross join lateral generate_series(y.start_date, y.end_date, interval '1 month') as m (first_day)
where y.agreement_id = %(agreement_id)s
    and not y.is_deleted
