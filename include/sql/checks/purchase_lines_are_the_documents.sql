-- rule: The lines of every purchase document and what of it is private come to its total with tax, in its currency and in base currency
-- reads: mart.fact_purchase_documents, core.purchase_document, core.purchase_document_line, core.purchase_document_allocation
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
    a.amount as private_amount
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
left join (
    select
        s.document_number,
        sum(s.amount) as amount,
        sum(s.amount_base) as amount_base
    from core.purchase_document_allocation as s
    where s.agreement_id = %(agreement_id)s
        and not s.is_deleted
    group by s.document_number
) as a on a.document_number = d.document_number
where d.agreement_id = %(agreement_id)s
    and not d.is_deleted
    and d.gross_amount is not null
    and d.gross_amount_base is not null
    and exists (
        select
        from core.purchase_document_line as l
        where l.agreement_id = d.agreement_id
            and l.document_number = d.document_number
            and not l.is_deleted
    )
    and (d.gross_amount, d.gross_amount_base) is distinct from (f.gross_amount, f.gross_amount_base)
    -- Or without what is private.
    and (d.gross_amount, d.gross_amount_base)
        is distinct from (f.gross_amount + a.amount, f.gross_amount_base + a.amount_base)
