-- grain: one document of a voucher: what was attached to it, and the booked invoices it posts
-- reads: mart.dim_document, mart.fact_journal_entries, core.ledger_entry
-- writes: nothing
-- sign and currency: none
select
    d.document_key,
    d.kind,
    d.document_number,
    d.attached_document_number,
    d.has_pdf,
    d.page_count,
    d.note,
    d.is_deleted
from mart.dim_document as d
where d.agreement_key = %(agreement_key)s
    and d.kind = 'voucher'
    and d.document_number = %(number)s
    and d.accounting_year is not distinct from %(year)s::text
union
select
    d.document_key,
    d.kind,
    d.document_number,
    d.attached_document_number,
    d.has_pdf,
    d.page_count,
    d.note,
    d.is_deleted
from mart.fact_journal_entries as f
inner join core.ledger_entry as e
    on e.agreement_id = f.agreement_id
    and e.entry_number = f.entry_number
    and e.is_booked_invoice
inner join mart.dim_document as d
    on d.agreement_key = %(agreement_key)s
    and d.kind = 'invoice'
    and d.document_number = f.invoice_number
where f.agreement_id = %(agreement_id)s
    and (
        (
            %(number)s::text is not null
            and f.voucher_number = %(number)s
            and f.accounting_year is not distinct from %(year)s::text
        )
        or (%(number)s::text is null and f.entry_number = %(entry)s)
    )
order by
    kind desc,
    document_key;
