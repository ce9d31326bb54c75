-- grain: one compared year (account_number is null), and one account and month that differs
-- reads: proof_sum (month_sums.sql), proof_forward (brought_forward.sql), mart.fact_account_balance_month, mart.dim_account
-- writes: nothing
-- sign and currency: debit positive, base currency
with years as (
    select
        y.accounting_year,
        y.start_date,
        y.end_date
    from unnest(%(years)s::text[], %(starts)s::date[], %(ends)s::date[])
        as y (accounting_year, start_date, end_date)
),

own as (
    select
        s.compared_year as accounting_year,
        s.account_key,
        s.month,
        sum(s.total_base) as total_base,
        sum(s.movement_base) as movement_base
    from proof_sum as s
    group by
        s.compared_year,
        s.account_key,
        s.month
),

shown as (
    select
        y.accounting_year,
        b.account_key,
        b.month,
        sum(b.closing_base) as closing_base,
        sum(b.movement_base) as movement_base,
        sum(b.opening_base + b.movement_base - b.closing_base) as off_base
    from years as y
    inner join mart.fact_account_balance_month as b
        on b.agreement_key = %(agreement_key)s
        and b.first_day between y.start_date and y.end_date
    group by
        y.accounting_year,
        b.account_key,
        b.month
),

-- What the balance of a month says it changed by: from that of the month before, or from what the year
-- began with.
compared as (
    select
        coalesce(s.accounting_year, o.accounting_year) as accounting_year,
        coalesce(s.account_key, o.account_key) as account_key,
        coalesce(s.month, o.month) as month,
        coalesce(o.total_base, 0) as own_total,
        coalesce(o.movement_base, 0) as own_movement,
        coalesce(s.movement_base, 0) as shown_movement,
        coalesce(s.off_base, 0) as off_base,
        coalesce(s.closing_base, 0) - coalesce(
            lag(coalesce(s.closing_base, 0)) over (
                partition by
                    coalesce(s.accounting_year, o.accounting_year),
                    coalesce(s.account_key, o.account_key)
                order by coalesce(s.month, o.month)
            ),
            f.balance_base,
            0
        ) as shown_total
    from shown as s
    full join own as o
        on o.accounting_year = s.accounting_year
        and o.account_key = s.account_key
        and o.month = s.month
    left join proof_forward as f
        on f.accounting_year = coalesce(s.accounting_year, o.accounting_year)
        and f.account_key = coalesce(s.account_key, o.account_key)
)

select
    c.accounting_year as accounting_year,
    null::text as account_number,
    null::date as month,
    sum(abs(c.own_movement)) as own_base,
    sum(abs(c.shown_movement)) as shown_base
from compared as c
group by c.accounting_year
union all
select
    c.accounting_year as accounting_year,
    a.account_number as account_number,
    c.month as month,
    case when c.own_total <> c.shown_total then c.own_total else c.own_movement end as own_base,
    case
        when c.own_total <> c.shown_total then c.shown_total
        when c.own_movement <> c.shown_movement then c.shown_movement
        else c.own_movement + c.off_base
    end as shown_base
from compared as c
inner join mart.dim_account as a on a.account_key = c.account_key
where (c.own_total, c.own_movement, 0) is distinct from (c.shown_total, c.shown_movement, c.off_base);
