select
    count(*) filter (where c.change = 'added') as added,
    count(*) filter (where c.change = 'changed') as changed,
    count(*) filter (where c.change = 'removed') as removed,
    coalesce(sum(abs(coalesce(c.amount_base, 0) - coalesce(c.old_amount_base, 0))), 0) as moved
from mart_masked.journal_entries_changed_since(%(since)s, %(agreement_id)s) as c
where %(first_day)s::date is null
    or c.date between %(first_day)s and %(last_day)s
    or c.old_date between %(first_day)s and %(last_day)s
