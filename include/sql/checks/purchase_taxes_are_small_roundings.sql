-- rule: The tax of every line of a purchase document is that of its rate, but for 0.01 for every line of the document, and 0.01
-- reads: mart.fact_purchase_documents, core.vat
-- severity: warning
-- remedy: compare the document with the vendor's: its total is not what its lines and their tax rates come to, or a tax rate is not known (start a run with mode full and the entities {vat}); the difference is shown as tax of one line
select
    f.document_number as document_number,
    any_value(f.kind) as kind,
    any_value(f.date) as date,
    count(*) as lines,
    sum(f.tax_amount) as tax_amount,
    sum(round(f.net_amount * case when v.is_charged then coalesce(v.rate_percent, 0) else 0 end / 100, 2))
        as tax_amount_by_rates,
    count(*) filter (where f.vat_key = -1) as unknown_rates
from mart.fact_purchase_documents as f
left join core.vat as v
    on v.agreement_id = f.agreement_id
    and v.vat_code = f.vat_code
where f.agreement_id = %(agreement_id)s
    -- What is new is not worked out yet.
    and f.state <> 'new'
group by f.document_number
having abs(
    sum(f.tax_amount)
    - sum(round(f.net_amount * case when v.is_charged then coalesce(v.rate_percent, 0) else 0 end / 100, 2))
) > 0.01 * (count(*) + 1)
