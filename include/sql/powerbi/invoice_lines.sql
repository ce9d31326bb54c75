-- grain: one line of a booked or draft invoice of the days chosen
-- reads: mart.fact_invoice_lines
-- writes: nothing
-- sign and currency: credit notes negative, base currency
select
    f.agreement_key,
    f.customer_key,
    f.product_key,
    f.department_key,
    f.invoice_number,
    f.invoice_date,
    f.is_draft,
    f.net_amount_base,
    f.cost_base,
    f.margin_base
from mart.fact_invoice_lines as f
where f.agreement_key = %(agreement_key)s
    and f.invoice_date between %(first_day)s and %(last_day)s
