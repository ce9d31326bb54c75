-- grain: one voucher that has or had a document, or one booked invoice
-- reads: core.attached_document, core.invoice, mart.dim_document
-- writes: core.key_map, mart.dim_document
-- sign and currency: none
-- new keys: 'document' by source_key from live_document
-- followed for: has_pdf, is_deleted

-- Vouchers and invoices whose document changed; all of them when the address of the links is another one.
-- step: changed by kind, accounting_year, document_number
with moved as (
    select 1
    from (
        select t.pdf_url
        from mart.dim_document as t
        where t.agreement_key = %(agreement_key)s
            and t.pdf_url is not null
        limit 1
    ) as o
    where not starts_with(o.pdf_url, %(base_url)s || '/saldo/api/v1/documents/')
)

select
    'voucher' as kind,
    c.accounting_year,
    c.voucher_number as document_number
from core.attached_document as c
where c.agreement_id = %(agreement_id)s
    and (c.change_seq > %(since_attached_document)s or exists (select 1 from moved))
union
-- A document's number may have come to another voucher.
select
    t.kind,
    t.accounting_year,
    t.document_number
from core.attached_document as c
inner join mart.dim_document as t
    on t.agreement_key = %(agreement_key)s
    and t.attached_document_number = c.attached_document_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_attached_document)s
union
select
    'invoice' as kind,
    null as accounting_year,
    c.invoice_number as document_number
from core.invoice as c
where c.agreement_id = %(agreement_id)s
    and (c.change_seq > %(since_invoice)s or exists (select 1 from moved))
union
-- Rows nobody knows are found when everything is rebuilt.
select
    t.kind,
    t.accounting_year,
    t.document_number
from mart.dim_document as t
where t.agreement_key = %(agreement_key)s
    and (
        (t.kind = 'voucher' and %(since_attached_document)s = 0)
        or (t.kind = 'invoice' and %(since_invoice)s = 0)
    )

-- step: live_document
select distinct on (d.accounting_year, d.voucher_number)
    'voucher|' || d.accounting_year || '|' || d.voucher_number as source_key,
    'voucher' as kind,
    d.accounting_year,
    d.voucher_number as document_number,
    d.attached_document_number,
    not d.is_deleted as has_pdf,
    d.page_count,
    d.note,
    '/voucher/' || d.attached_document_number || '.pdf' as path,
    d.is_deleted
from changed as c
inner join core.attached_document as d
    on d.agreement_id = %(agreement_id)s
    and d.accounting_year = c.accounting_year
    and d.voucher_number = c.document_number
where c.kind = 'voucher'
-- Of several documents of a voucher the newest that is there counts; numbers by length, then by digits.
order by
    d.accounting_year,
    d.voucher_number,
    d.is_deleted,
    length(d.attached_document_number) desc,
    d.attached_document_number desc

-- more of: live_document
select
    'invoice|' || i.invoice_number as source_key,
    'invoice' as kind,
    null as accounting_year,
    i.invoice_number as document_number,
    null as attached_document_number,
    i.has_pdf and not i.is_deleted as has_pdf,
    null as page_count,
    null as note,
    '/invoice/' || i.invoice_number || '.pdf' as path,
    i.is_deleted
from changed as c
inner join core.invoice as i
    on i.agreement_id = %(agreement_id)s
    and i.invoice_number = c.document_number
where c.kind = 'invoice'

-- final
select
    d.source_key as document_key,
    d.kind,
    d.accounting_year,
    d.document_number,
    d.attached_document_number,
    d.has_pdf,
    d.page_count,
    d.note,
    case
        when d.has_pdf then %(base_url)s || '/saldo/api/v1/documents/' || %(agreement_id)s || d.path
    end as pdf_url,
    d.is_deleted
from live_document as d
