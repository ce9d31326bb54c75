-- grain: the day back to which a number of postings, the newest of some days first, are looked through; whole days
-- reads: mart.fact_journal_entries
-- writes: nothing
-- sign and currency: none
with newest as (
    select max(f.date) as day
    from mart.fact_journal_entries as f
    where f.agreement_key = %(agreement_key)s
        and f.date between %(first)s::date and %(last)s::date
),

beyond as (
    select f.date as day
    from mart.fact_journal_entries as f
    where f.agreement_key = %(agreement_key)s
        and f.date between %(first)s::date and %(last)s::date
    order by f.date desc
    offset %(most)s
    limit 1
)

-- One day at least, however many it has.
select case when b.day is null then %(first)s::date when b.day = n.day then b.day else b.day + 1 end as day
from newest as n
left join beyond as b on true;
