-- grain: one month of an agreement's booked invoices
-- reads: mart.fact_invoice_lines
-- writes: nothing
-- sign and currency: invoices positive, credit notes negative; base currency
select
    date_trunc('month', f.invoice_date)::date as month,
    count(distinct f.invoice_number) as invoices,
    sum(f.net_amount_base) as net_amount_base,
    sum(f.invoice_remainder_base) as remainder_base
from mart.fact_invoice_lines as f
where f.agreement_id = %(agreement_id)s
    and not f.is_draft
group by date_trunc('month', f.invoice_date)::date;
