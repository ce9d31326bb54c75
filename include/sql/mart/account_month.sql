-- grain: one account and department of an agreement in one month, or in the part of it that is one accounting year's: what its postings come to
-- reads: mart.fact_journal_entries, core.ledger_entry, core.accounting_year
-- writes: core.account_month
-- sign and currency: debit positive, base currency; nothing is rounded
-- rows: mart.fact_journal_entries

-- The days inside a month on which one year ends and another may begin: few companies have any.
-- step: boundary
select
    d.first_day,
    date_trunc('month', d.first_day)::date as month
from (
    select y.start_date as first_day
    from core.accounting_year as y
    where y.agreement_id = %(agreement_id)s
        and not y.is_deleted
    union
    select y.end_date + 1 as first_day
    from core.accounting_year as y
    where y.agreement_id = %(agreement_id)s
        and not y.is_deleted
) as d
where d.first_day <> date_trunc('month', d.first_day)

-- The months whose sums change; all of them where all of the ledger is looked at; those that years part, or parted,
-- where a year's days changed.
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
    and (%(window_start)s::date = '-infinity' or t.first_day <> t.month)
union
select b.month
from boundary as b

-- step: part
select
    p.month,
    p.first_day,
    coalesce(
        lead(p.first_day) over (partition by p.month order by p.first_day),
        (p.month + interval '1 month')::date
    ) as following
from (
    select
        c.month,
        c.month as first_day
    from changed as c
    union all
    select
        b.month,
        b.first_day
    from boundary as b
    inner join changed as c on c.month = b.month
) as p

-- final
select
    f.account_key,
    f.department_key,
    p.month,
    p.first_day,
    coalesce(
        sum(f.amount_base) filter (where f.is_opening and o.entry_number is null), 0
    ) as opening_base,
    coalesce(sum(f.amount_base) filter (where o.entry_number is not null), 0) as transferred_base,
    coalesce(sum(f.amount_base) filter (where not f.is_opening), 0) as movement_base
from part as p
inner join mart.fact_journal_entries as f
    on f.agreement_id = %(agreement_id)s
    and f.date >= p.first_day
    and f.date < p.following
left join core.ledger_entry as o
    on o.agreement_id = f.agreement_id
    and o.entry_number = f.entry_number
    and o.is_carried_forward
group by
    f.account_key,
    f.department_key,
    p.month,
    p.first_day
