-- grain: one accounting year: a calendar year, from the first of the books to the newest in which something is posted
-- reads: core.ledger_entry, core.agreement
-- writes: core.accounting_year
-- sign and currency: none
with span as (
    select
        least(
            extract(year from b.books_start)::integer,
            min(extract(year from e.date)::integer) filter (where e.date between '1990-01-01' and '2069-12-31')
        ) as first_year,
        greatest(
            extract(year from b.books_start)::integer,
            max(extract(year from e.date)::integer) filter (where e.date between '1990-01-01' and '2069-12-31')
        ) as last_year,
        g.locked_until
    from core.agreement as g
    -- A year that was typed wrong is none, the same as of a posting.
    left join lateral (
        select g.books_start
        where g.books_start between '1990-01-01' and '2069-12-31'
    ) as b on true
    left join core.ledger_entry as e
        on e.agreement_id = g.agreement_id
        and not e.is_deleted
    where g.agreement_id = %(agreement_id)s
    group by
        b.books_start,
        g.locked_until
)

select
    n.year::text as accounting_year,
    make_date(n.year, 1, 1) as start_date,
    make_date(n.year, 12, 31) as end_date,
    coalesce(make_date(n.year, 12, 31) <= s.locked_until, false) as is_closed
from span as s
cross join lateral generate_series(s.first_year, s.last_year) as n (year)
