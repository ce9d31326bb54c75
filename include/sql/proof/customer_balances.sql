-- grain: one customer of an agreement that owes something
-- reads: mart.fact_receivables
-- writes: nothing
-- sign and currency: debit positive: what the customer owes; base currency
select
    f.customer_number as customer_number,
    sum(f.remainder_base) as balance_base
from mart.fact_receivables as f
where f.agreement_id = %(agreement_id)s
    and not f.is_settled
group by f.customer_number;
