-- grain: one month, account and department, from the first of the fiscal year of the balance day to its month, that the scenario has a budget for
-- reads: mart.fact_budget, mart.fact_journal_entries, mart.dim_account
-- writes: nothing
-- sign and currency: debit positive, base currency
with span as (
    select (
        date_trunc('month', %(balance_day)s::date)
        - make_interval(months => (extract(month from %(balance_day)s::date)::integer - %(fiscal_start)s + 12) %% 12)
    )::date as first_day
),

budgeted as (
    select
        b.month,
        b.account_key,
        b.department_key,
        b.amount_base
    from mart.fact_budget as b
    inner join span as s on b.month between s.first_day and %(balance_day)s
    where b.agreement_key = %(agreement_key)s
        and b.scenario = %(scenario)s
),

both_sides as (
    select
        b.month,
        b.account_key,
        b.department_key,
        0 as actual_base,
        b.amount_base as budget_base
    from budgeted as b
    union all
    select
        m.month,
        f.account_key,
        f.department_key,
        f.amount_base as actual_base,
        0 as budget_base
    from (select distinct b.month from budgeted as b) as m
    inner join mart.fact_journal_entries as f
        on f.date >= m.month
        -- Of the month of the balance day no more than is posted up to it.
        and f.date <= least((m.month + interval '1 month - 1 day')::date, %(balance_day)s)
    where f.agreement_key = %(agreement_key)s
        and not f.is_opening
)

select
    s.account_key,
    a.account_number,
    s.department_key,
    s.month,
    a.is_balance_sheet,
    sum(s.actual_base) as actual_base,
    sum(s.budget_base) as budget_base,
    sum(s.actual_base - s.budget_base) as variance_base
from both_sides as s
inner join mart.dim_account as a on a.account_key = s.account_key
group by
    s.account_key,
    a.account_number,
    s.department_key,
    s.month,
    a.is_balance_sheet
