-- What the changes come to, by account: what is there now less what was there. A posting that moved counts on both.
with found as (
    select c.*
    from mart_masked.journal_entries_changed_since(%(since)s, %(agreement_id)s) as c
    where %(first_day)s::date is null
        or c.date between %(first_day)s and %(last_day)s
        or c.old_date between %(first_day)s and %(last_day)s
),

side as (
    select
        f.entry_number,
        f.change,
        f.account_number,
        f.amount_base as amount
    from found as f
    where f.change <> 'removed'
    union all
    select
        f.entry_number,
        f.change,
        f.old_account_number,
        -f.old_amount_base
    from found as f
    where f.change <> 'added'
)

select
    s.account_number,
    max(a.name) as account_name,
    count(distinct s.entry_number) filter (where s.change = 'added') as added,
    count(distinct s.entry_number) filter (where s.change = 'changed') as changed,
    count(distinct s.entry_number) filter (where s.change = 'removed') as removed,
    sum(s.amount) as difference
from side as s
left join mart.dim_agreement as g on g.agreement_id = %(agreement_id)s
left join mart.dim_account as a
    on a.agreement_key = g.agreement_key
    and a.account_number = s.account_number
group by s.account_number
order by s.account_number
