-- What is personal is hidden, whoever asks: a page of Airflow's knows no reader's file. count: of all, before the page is cut out.
select
    c.*,
    coalesce(c.amount_base, 0) - coalesce(c.old_amount_base, 0) as difference,
    count(*) over () as count
from mart_masked.journal_entries_changed_since(%(since)s, %(agreement_id)s) as c
where (
    %(first_day)s::date is null
    or c.date between %(first_day)s and %(last_day)s
    or c.old_date between %(first_day)s and %(last_day)s
)
    and (%(what)s = '' or c.change = %(what)s)
order by c.changed_at desc nulls last, c.entry_number
limit %(most)s offset %(first)s
