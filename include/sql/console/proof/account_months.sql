-- grain: one month of an account in an accounting year
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
    and b.account_key = any(%(account_keys)s::bigint[])
    and b.account_number = %(account)s
    and b.first_day between %(first)s::date and %(last)s::date
group by
    b.account_number,
    b.first_day,
    b.last_day,
    b.accounting_year
order by b.first_day;
