-- grain: one document that hangs on a voucher
-- reads: staging.economic_documents
-- writes: core.attached_document
-- sign and currency: none
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_documents as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'number' as attached_document_number,
        replace(c.payload ->> 'accountingYear', '_6_', '/') as accounting_year,
        c.payload ->> 'voucherNumber' as voucher_number,
        (c.payload ->> 'pageCount')::integer as page_count,
        nullif(c.payload ->> 'note', '') as note,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.attached_document as t (
    agreement_id, attached_document_number, accounting_year, voucher_number, page_count, note,
    is_deleted, change_seq
)
select
    agreement_id, attached_document_number, accounting_year, voucher_number, page_count, note,
    is_deleted, %(change_seq)s
from final
on conflict (agreement_id, attached_document_number) do update set
    accounting_year = excluded.accounting_year,
    voucher_number = excluded.voucher_number,
    page_count = excluded.page_count,
    note = excluded.note,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.accounting_year, t.voucher_number, t.page_count, t.note, t.is_deleted
) is distinct from (
    excluded.accounting_year, excluded.voucher_number, excluded.page_count, excluded.note,
    excluded.is_deleted
);
