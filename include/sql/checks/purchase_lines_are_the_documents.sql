-- rule: The lines of every purchase document and what of it is private come to its total with tax, in its currency and in base currency
-- reads: mart.fact_purchase_documents, core.purchase_document, core.purchase_document_line
-- severity: critical
-- remedy: read the days of the documents named here again (mode window): their lines are then written anew
select
    d.document_number as document_number,
    d.kind as kind,
    d.date as date,
    d.gross_amount as gross_amount,
    f.gross_amount as gross_amount_of_lines,
    d.gross_amount_base as gross_amount_base,
    f.gross_amount_base as gross_amount_base_of_lines,
    d.private_amount as private_amount
from core.purchase_document as d
left join (
    select
        t.document_number,
        sum(t.gross_amount) as gross_amount,
        sum(t.gross_amount_base) as gross_amount_base
    from mart.fact_purchase_documents as t
    where t.agreement_id = %(agreement_id)s
    group by t.document_number
) as f on f.document_number = d.document_number
where d.agreement_id = %(agreement_id)s
    and not d.is_deleted
    and d.gross_amount is not null
    and d.gross_amount_base is not null
    -- Of what nobody knows in base currency no line can be wrong.
    and (d.private_amount is null or d.private_amount_base is not null)
    and exists (
        select
        from core.purchase_document_line as l
        where l.agreement_id = d.agreement_id
            and l.document_number = d.document_number
            and not l.is_deleted
    )
    and (d.gross_amount, d.gross_amount_base) is distinct from (
        f.gross_amount + coalesce(d.private_amount, 0), f.gross_amount_base + coalesce(d.private_amount_base, 0)
    )
