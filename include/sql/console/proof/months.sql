-- grain: one month of an agreement's balances, or a part of one where accounting years meet in it; the newest first
-- reads: mart.fact_account_balance_month
-- writes: nothing
-- sign and currency: none

-- From one month to the one before by the index: each has a row for every account and department.
with recursive month as (
    select max(b.month) as month
    from mart.fact_account_balance_month as b
    where b.agreement_key = %(agreement_key)s
    union all
    select (
        select max(b.month)
        from mart.fact_account_balance_month as b
        where b.agreement_key = %(agreement_key)s
            and b.month < m.month
    ) as month
    from month as m
    where m.month is not null
)

select m.month
from month as m
where m.month is not null
order by m.month desc;
