-- grain: one voucher that has or had a document, or one booked invoice
-- reads: core.attached_document, core.invoice, core.key_map, mart.dim_document
-- writes: core.key_map, mart.dim_document
-- sign and currency: none

-- Vouchers and invoices whose document changed; all of them when the address of the links is another one.
create temporary table changed_document on commit drop as
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
    and (c.change_seq > %(since_invoice)s or exists (select 1 from moved));

analyze changed_document;

create temporary table live_document on commit drop as
select distinct on (d.accounting_year, d.voucher_number)
    'voucher|' || d.accounting_year || '|' || d.voucher_number as source_key,
    'voucher' as kind,
    d.accounting_year as accounting_year,
    d.voucher_number as document_number,
    d.attached_document_number as attached_document_number,
    not d.is_deleted as has_pdf,
    d.page_count as page_count,
    d.note as note,
    '/voucher/' || d.attached_document_number || '.pdf' as path,
    d.is_deleted as is_deleted
from changed_document as c
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
    d.attached_document_number desc;

insert into live_document
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
    i.is_deleted as is_deleted
from changed_document as c
inner join core.invoice as i
    on i.agreement_id = %(agreement_id)s
    and i.invoice_number = c.document_number
where c.kind = 'invoice';

analyze live_document;

insert into core.key_map (agreement_id, kind, source_key)
select
    %(agreement_id)s as agreement_id,
    'document' as kind,
    d.source_key
from live_document as d
left join core.key_map as k
    on k.agreement_id = %(agreement_id)s
    and k.kind = 'document'
    and k.source_key = d.source_key
where k.key is null;

create temporary table differing_document on commit drop as
with final as (
    select
        k.key as document_key,
        %(agreement_key)s::bigint as agreement_key,
        d.kind as kind,
        d.accounting_year as accounting_year,
        d.document_number as document_number,
        d.attached_document_number as attached_document_number,
        d.has_pdf as has_pdf,
        d.page_count as page_count,
        d.note as note,
        case
            when d.has_pdf then %(base_url)s || '/saldo/api/v1/documents/' || %(agreement_id)s || d.path
        end as pdf_url,
        d.is_deleted as is_deleted
    from live_document as d
    inner join core.key_map as k
        on k.agreement_id = %(agreement_id)s
        and k.kind = 'document'
        and k.source_key = d.source_key
)

select
    f.document_key, f.agreement_key, f.kind, f.accounting_year, f.document_number,
    f.attached_document_number, f.has_pdf, f.page_count, f.note, f.pdf_url, f.is_deleted,
    (t.has_pdf, t.is_deleted) is distinct from (f.has_pdf, f.is_deleted) as is_moved
from final as f
left join mart.dim_document as t on t.document_key = f.document_key
-- Row against row: `final` has the table's columns in the table's order, and a new column comes last.
where row(t.*) is distinct from row(f.*);

create temporary table gone_document on commit drop as
select t.document_key, t.kind, t.accounting_year, t.document_number
from mart.dim_document as t
where t.agreement_key = %(agreement_key)s
    and (
        (t.kind = 'voucher' and %(since_attached_document)s = 0)
        or (t.kind = 'invoice' and %(since_invoice)s = 0)
        or exists (
            select 1
            from changed_document as c
            where c.kind = t.kind
                and c.accounting_year is not distinct from t.accounting_year
                and c.document_number = t.document_number
        )
    )
    and not exists (
        select 1
        from live_document as d
        where d.kind = t.kind
            and d.accounting_year is not distinct from t.accounting_year
            and d.document_number = t.document_number
    );

-- For the facts: whose document came, went, or lost or got its PDF.
create temporary table rewritten_document on commit drop as
select d.kind, d.accounting_year, d.document_number
from differing_document as d
where d.is_moved
union
select g.kind, g.accounting_year, g.document_number
from gone_document as g;

analyze rewritten_document;

with upserted as (
    insert into mart.dim_document as t (
        document_key, agreement_key, kind, accounting_year, document_number,
        attached_document_number, has_pdf, page_count, note, pdf_url, is_deleted
    )
    select
        document_key, agreement_key, kind, accounting_year, document_number,
        attached_document_number, has_pdf, page_count, note, pdf_url, is_deleted
    from differing_document
    on conflict (document_key) do update set
        agreement_key = excluded.agreement_key,
        kind = excluded.kind,
        accounting_year = excluded.accounting_year,
        document_number = excluded.document_number,
        attached_document_number = excluded.attached_document_number,
        has_pdf = excluded.has_pdf,
        page_count = excluded.page_count,
        note = excluded.note,
        pdf_url = excluded.pdf_url,
        is_deleted = excluded.is_deleted
    returning (t.xmax = 0) as is_new
),

deleted as (
    delete from mart.dim_document as t
    using gone_document as g
    where t.document_key = g.document_key
    returning 1
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    (select count(*) from deleted) as deleted;
