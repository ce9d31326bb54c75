-- rule: What an invoice's header has and its lines have not is rounding: at most 1 and 0.01 for every line, and that at its rate in base currency
-- reads: mart.fact_invoice_lines
-- severity: critical
-- remedy: compare the invoice with the vendor's: lines may be missing (start a run with mode full and the entities {invoice_line, draft_invoice_line}), or the vendor's header is not the sum of its lines
select
    l.invoice_number as invoice_number,
    l.is_draft as is_draft,
    any_value(l.invoice_date) as invoice_date,
    count(*) filter (where l.line_kind <> 'rounding') as lines,
    sum(l.net_amount) as net_amount_of_header,
    sum(l.net_amount) filter (where l.line_kind = 'rounding') as missing_in_lines,
    sum(l.net_amount_base) filter (where l.line_kind = 'rounding') as missing_in_lines_base
from mart.fact_invoice_lines as l
where l.agreement_id = %(agreement_id)s
group by
    l.invoice_number,
    l.is_draft
having abs(sum(l.net_amount) filter (where l.line_kind = 'rounding')) > 1 + 0.01 * count(*)
    or abs(sum(l.net_amount_base) filter (where l.line_kind = 'rounding'))
    > (1 + 0.01 * count(*)) * greatest(1, max(coalesce(l.exchange_rate, 100)) / 100)
