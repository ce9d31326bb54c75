-- grain: one account of an agreement in one month, or the part of it that is one accounting year's
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
    and b.month = %(month)s::date
    and (
        %(like)s::text is null
        or b.account_number ilike %(like)s
        or b.account_name ilike %(like)s
    )
    and (
        %(after)s::text is null
        or (length(b.account_number), b.account_number) > (length(%(after)s), %(after)s)
    )
group by
    b.account_number,
    b.first_day,
    b.last_day,
    b.accounting_year
order by
    length(b.account_number),
    b.account_number,
    b.first_day
limit %(limit)s;
