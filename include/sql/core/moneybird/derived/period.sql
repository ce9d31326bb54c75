-- grain: one calendar month of an accounting year
-- reads: core.ledger_entry, core.agreement
-- writes: core.period
-- sign and currency: none
with span as (
    select
        least(
            extract(year from g.books_start)::integer,
            min(extract(year from e.date)::integer) filter (where e.date between '1990-01-01' and '2069-12-31')
        ) as first_year,
        greatest(
            extract(year from g.books_start)::integer,
            max(extract(year from e.date)::integer) filter (where e.date between '1990-01-01' and '2069-12-31')
        ) as last_year,
        g.locked_until
    from core.agreement as g
    left join core.ledger_entry as e
        on e.agreement_id = g.agreement_id
        and not e.is_deleted
    where g.agreement_id = %(agreement_id)s
    group by
        g.books_start,
        g.locked_until
)

select
    to_char(d.first_day, 'YYYYMM') as source_key,
    n.year::text as accounting_year,
    d.first_day as start_date,
    (d.first_day + interval '1 month' - interval '1 day')::date as end_date,
    coalesce((d.first_day + interval '1 month' - interval '1 day')::date <= s.locked_until, false) as is_closed
from span as s
cross join lateral generate_series(s.first_year, s.last_year) as n (year)
cross join lateral generate_series(1, 12) as m (month)
cross join lateral (select make_date(n.year, m.month, 1) as first_day) as d
