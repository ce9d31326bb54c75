-- grain: an account's balance at the end of the month, or part of one, before a day
-- reads: mart.fact_account_balance_month
-- writes: nothing
-- sign and currency: debit positive, base currency
select coalesce(sum(b.closing_base), 0) as balance_base
from mart.fact_account_balance_month as b
where b.agreement_key = %(agreement_key)s
    and b.account_key = any(%(account_keys)s::bigint[])
    and b.account_number = %(account)s
    and b.first_day = (
        select max(m.first_day)
        from mart.fact_account_balance_month as m
        where m.agreement_key = %(agreement_key)s
            and m.account_key = any(%(account_keys)s::bigint[])
            and m.account_number = %(account)s
            and m.first_day < %(day)s::date
    );
