-- grain: an account's balance of the days that end with one
-- reads: mart.fact_account_balance_month
-- writes: nothing
-- sign and currency: debit positive, base currency
select
    min(b.first_day) as first_day,
    sum(b.opening_base) as opening_base,
    sum(b.movement_base) as movement_base,
    sum(b.closing_base) as closing_base
from mart.fact_account_balance_month as b
where b.agreement_key = %(agreement_key)s
    and b.account_key = any(%(account_keys)s::bigint[])
    and b.account_number = %(account)s
    and b.last_day = %(day)s::date
having count(*) > 0;
