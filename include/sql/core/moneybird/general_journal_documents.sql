-- grain: one voucher of the general journal
-- reads: staging.moneybird_general_journal_documents
-- writes: core.journal_document
-- sign and currency: none
select
    c.source_key as document_number,
    nullif(c.payload ->> 'reference', '') as reference,
    (c.payload ->> 'date')::date as date,
    c.payload ->> 'journal_type' as kind,
    c.is_deleted
from changed as c
