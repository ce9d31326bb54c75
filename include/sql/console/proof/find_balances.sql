-- grain: one account and month whose movement or balance is the amount that is searched for, whatever its sign
-- reads: mart.fact_account_balance_month
-- writes: nothing
-- sign and currency: debit positive, base currency
select
    b.account_number,
    min(b.account_name) as account_name,
    b.first_day,
    b.last_day,
    b.accounting_year,
    sum(b.opening_base) as opening_base,
    sum(b.movement_base) as movement_base,
    sum(b.closing_base) as closing_base
from mart.fact_account_balance_month as b
where b.agreement_key = %(agreement_key)s
    and b.month between date_trunc('month', %(first)s::date) and %(last)s::date
    and b.first_day between %(first)s::date and %(last)s::date
group by
    b.account_number,
    b.first_day,
    b.last_day,
    b.accounting_year
having abs(sum(b.movement_base)) = any(%(amounts)s::numeric[])
    or abs(sum(b.closing_base)) = any(%(amounts)s::numeric[])
order by
    b.first_day desc,
    length(b.account_number),
    b.account_number
limit %(limit)s;
