-- grain: one document that hangs on a voucher
-- reads: staging.economic_documents
-- writes: core.attached_document
-- sign and currency: none
select
    c.payload ->> 'number' as attached_document_number,
    replace(c.payload ->> 'accountingYear', '_6_', '/') as accounting_year,
    c.payload ->> 'voucherNumber' as voucher_number,
    (c.payload ->> 'pageCount')::integer as page_count,
    nullif(c.payload ->> 'note', '') as note,
    c.is_deleted
from changed as c
