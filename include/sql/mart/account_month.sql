-- grain: one account and department of an agreement in one month: what its postings come to
-- reads: mart.fact_journal_entries, core.ledger_entry
-- writes: core.account_month
-- sign and currency: debit positive, base currency; nothing is rounded
-- rows: mart.fact_journal_entries

-- The months whose sums change; all of them where all of the ledger is looked at.
-- step: changed by month
with moved as (
    select
        w.date,
        (w.was).date as old_date
    from written_fact_journal_entries as w
    where (w.journal_entry_key, w.date, w.account_key, w.department_key, w.entry_type, w.amount_base)
        is distinct from (
            (w.was).journal_entry_key, (w.was).date, (w.was).account_key, (w.was).department_key,
            (w.was).entry_type, (w.was).amount_base
        )
)

select date_trunc('month', d.date)::date as month
from (
    select m.date
    from moved as m
    union
    select m.old_date as date
    from moved as m
    union
    select f.date
    from mart.fact_journal_entries as f
    where f.agreement_id = %(agreement_id)s
        and (f.date between %(window_start)s and %(window_end)s or %(since_ledger_entry)s = 0)
) as d
where d.date is not null
union
select t.month
from core.account_month as t
where t.agreement_id = %(agreement_id)s
    and %(window_start)s::date = '-infinity'

-- final
select
    f.account_key,
    f.department_key,
    m.month,
    coalesce(
        sum(f.amount_base) filter (where f.is_opening and o.entry_number is null), 0
    ) as opening_base,
    coalesce(sum(f.amount_base) filter (where o.entry_number is not null), 0) as transferred_base,
    coalesce(sum(f.amount_base) filter (where not f.is_opening), 0) as movement_base
from changed as m
inner join mart.fact_journal_entries as f
    on f.agreement_id = %(agreement_id)s
    and f.date >= m.month
    and f.date < m.month + interval '1 month'
left join core.ledger_entry as o
    on o.agreement_id = f.agreement_id
    and o.entry_number = f.entry_number
    and o.is_carried_forward
group by
    f.account_key,
    f.department_key,
    m.month
