-- grain: one line of an order or a quote of the days chosen
-- reads: mart.fact_order_lines
-- writes: nothing
-- sign and currency: base currency
select
    f.agreement_key,
    f.customer_key,
    f.product_key,
    f.kind,
    f.status,
    f.net_amount_base
from mart.fact_order_lines as f
where f.agreement_key = %(agreement_key)s
    and f.order_date between %(first_day)s and %(last_day)s
