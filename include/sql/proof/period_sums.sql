-- grain: one account of an agreement in one period of the years that are compared
-- reads: proof_sum (month_sums.sql)
-- writes: nothing
-- sign and currency: debit positive, base currency
select
    s.accounting_year as accounting_year,
    s.period as period,
    s.account_number as account_number,
    sum(s.total_base) as total_base
from proof_sum as s
where s.accounting_year is not null
group by
    s.accounting_year,
    s.period,
    s.account_number;
