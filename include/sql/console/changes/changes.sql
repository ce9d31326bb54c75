-- All of a page, by one call of what finds the changes. part: account, what they come to on each; all, on all; posting, those of the page.
-- What is personal is hidden, whoever asks: a page of Airflow's knows no reader's file.
with found as materialized (
    select c.*
    from mart_masked.journal_entries_changed_since(%(since)s, %(agreement_id)s) as c
    where %(first_day)s::date is null
        or c.date between %(first_day)s and %(last_day)s
        or c.old_date between %(first_day)s and %(last_day)s
),

counted as (
    select
        count(*) filter (where f.change = 'added') as added,
        count(*) filter (where f.change = 'changed') as changed,
        count(*) filter (where f.change = 'removed') as removed,
        coalesce(sum(abs(coalesce(f.amount_base, 0) - coalesce(f.old_amount_base, 0))), 0) as difference
    from found as f
),

-- What is there now less what was there. A posting that moved counts on both. Of a period: of its days, so that one whose date left
-- it is less there, and one whose date came into it more.
side as (
    select
        f.entry_number,
        f.change,
        f.account_number,
        case when %(first_day)s::date is null or f.date between %(first_day)s and %(last_day)s then f.amount_base else 0 end as amount
    from found as f
    where f.change <> 'removed'
    union all
    select
        f.entry_number,
        f.change,
        f.old_account_number,
        case when %(first_day)s::date is null or f.old_date between %(first_day)s and %(last_day)s then -f.old_amount_base else 0 end
    from found as f
    where f.change <> 'added'
),

account as (
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
),

posting as (
    select
        f.*,
        coalesce(f.amount_base, 0) - coalesce(f.old_amount_base, 0) as difference,
        row_number() over (order by f.changed_at desc nulls last, f.entry_number) as place
    from found as f
    where %(what)s = '' or f.change = %(what)s
    order by place
    limit %(most)s offset %(first)s
)

select
    'posting' as part, p.place, p.entry_number, p.change, p.changed_at, p.run_id, p.voucher_number, p.old_voucher_number,
    p.date, p.old_date, p.account_number, p.old_account_number, null as account_name, p.text, p.old_text,
    p.currency, p.old_currency, p.amount, p.old_amount, p.amount_base, p.old_amount_base, p.difference,
    p.vat_code, p.old_vat_code, p.project_number, p.old_project_number, p.customer_number, p.old_customer_number,
    p.supplier_number, p.old_supplier_number, p.invoice_number, p.old_invoice_number, p.due_date, p.old_due_date,
    null::bigint as added, null::bigint as changed, null::bigint as removed
from posting as p
union all
select
    'account', row_number() over (order by a.account_number), null, null, null, null, null, null,
    null, null, a.account_number, null, a.account_name, null, null,
    null, null, null, null, null, null, a.difference,
    null, null, null, null, null, null,
    null, null, null, null, null, null,
    a.added, a.changed, a.removed
from account as a
union all
select
    'all', 1, null, null, null, null, null, null,
    null, null, null, null, null, null, null,
    null, null, null, null, null, null, c.difference,
    null, null, null, null, null, null,
    null, null, null, null, null, null,
    c.added, c.changed, c.removed
from counted as c
order by part, place
