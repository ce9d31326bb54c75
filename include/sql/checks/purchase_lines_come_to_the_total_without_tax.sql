-- rule: The lines of a purchase document whose prices are without tax come to its total without tax, but for 0.01 for every line, and 0.01
-- reads: mart.fact_purchase_documents, core.purchase_document
-- severity: critical
-- remedy: compare the document with the vendor's: lines may be missing (start a run with mode full and the entities {purchase_document_line}), or the vendor's total is not the sum of its lines
select
    d.document_number as document_number,
    d.kind as kind,
    d.date as date,
    d.net_amount as net_amount,
    f.net_amount as net_amount_of_lines,
    d.private_amount as private_amount,
    f.lines as lines
from core.purchase_document as d
inner join (
    select
        t.document_number,
        count(*) as lines,
        sum(t.net_amount) as net_amount
    from mart.fact_purchase_documents as t
    where t.agreement_id = %(agreement_id)s
    group by t.document_number
) as f on f.document_number = d.document_number
where d.agreement_id = %(agreement_id)s
    and not d.is_deleted
    and d.prices_include_tax is false
    and d.state <> 'new'
    and abs(d.net_amount - f.net_amount - coalesce(d.private_amount, 0)) > 0.01 * (f.lines + 1)
