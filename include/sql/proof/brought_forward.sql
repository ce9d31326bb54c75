-- grain: one account of an agreement and one of the compared years: its balance before the year began
-- reads: proof_sum (month_sums.sql), mart.fact_account_balance_month, mart.dim_account
-- writes: nothing (the temporary table proof_forward, for month_balances.sql)
-- sign and currency: debit positive, base currency

-- Openings of the year itself restate the balances: nothing is brought forward then. Reversed openings
-- come to nothing.
create temporary table proof_forward on commit drop as
with restated as (
    select s.compared_year
    from (
        select
            p.compared_year,
            p.account_number,
            sum(p.transferred_base) as transferred_base
        from proof_sum as p
        group by
            p.compared_year,
            p.account_number
    ) as s
    where s.transferred_base <> 0
    group by s.compared_year
),

-- Once a year: of an agreement whose rows the statistics do not know yet, the planner would look again for every row.
newest as materialized (
    select
        y.accounting_year,
        (
            select max(m.first_day)
            from mart.fact_account_balance_month as m
            where m.agreement_key = %(agreement_key)s
                and m.first_day < y.start_date
        ) as first_day
    from unnest(%(years)s::text[], %(starts)s::date[], %(ends)s::date[])
        as y (accounting_year, start_date, end_date)
    where y.accounting_year not in (select r.compared_year from restated as r)
)

select
    n.accounting_year as accounting_year,
    b.account_key as account_key,
    b.account_number as account_number,
    sum(b.closing_base) as balance_base
from newest as n
inner join mart.fact_account_balance_month as b
    on b.agreement_key = %(agreement_key)s
    and b.first_day = n.first_day
inner join mart.dim_account as a
    on a.account_key = b.account_key
    and a.is_balance_sheet is not false
group by
    n.accounting_year,
    b.account_key,
    b.account_number;

select
    f.accounting_year,
    f.account_number,
    sum(f.balance_base) as balance_base
from proof_forward as f
group by
    f.accounting_year,
    f.account_number;
