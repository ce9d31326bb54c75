-- What is sold, and the documents of vouchers and invoices. Lines carry what reports filter by.

create table mart.dim_product (
    product_key bigint primary key,
    agreement_key bigint not null,
    product_number text not null,
    name text not null,
    description text,
    group_number text,
    group_name text,
    unit_number text,
    unit_name text,
    sales_price numeric(19, 4),
    cost_price numeric(19, 4),
    recommended_price numeric(19, 4),
    bar_code text,
    is_barred boolean not null,
    is_deleted boolean not null
);

create table mart.dim_project (
    project_key bigint primary key,
    agreement_key bigint not null,
    project_number text not null,
    name text,
    is_deleted boolean not null
);

create table mart.dim_document (
    document_key bigint primary key,
    agreement_key bigint not null,
    kind text not null,
    accounting_year text,
    document_number text not null,
    attached_document_number text,
    has_pdf boolean not null,
    page_count integer,
    note text,
    pdf_url text,
    is_deleted boolean not null
);

create index on mart.dim_product (agreement_key);
create index on mart.dim_project (agreement_key);
create index on mart.dim_document (agreement_key, kind, document_number, accounting_year);
create index on mart.dim_document (agreement_key, attached_document_number) where attached_document_number is not null;

create table mart.fact_invoice_lines (
    invoice_line_key bigint primary key,
    agreement_key bigint not null,
    agreement_id text not null,
    invoice_number text not null,
    line_number integer,
    line_id text,
    line_kind text not null,
    is_draft boolean not null,
    is_credit_note boolean not null,
    invoice_date date not null,
    date_key integer not null,
    due_date date,
    customer_key bigint not null,
    customer_number text,
    customer_name text,
    product_key bigint not null,
    product_number text,
    product_name text,
    department_key bigint not null,
    department_number text,
    department_name text,
    account_number text,
    description text,
    quantity numeric(19, 4),
    unit text,
    unit_net_price numeric(19, 4),
    discount_percent numeric(18, 8),
    vat_rate_percent numeric(18, 8),
    vat_amount numeric(19, 4),
    currency text not null,
    exchange_rate numeric(18, 8),
    net_amount numeric(19, 4),
    base_currency text not null,
    net_amount_base numeric(19, 4),
    cost_base numeric(19, 4),
    margin_base numeric(19, 4),
    invoice_remainder_base numeric(19, 4),
    payment_status text not null,
    document_key bigint not null,
    has_pdf boolean not null
);
create index on mart.fact_invoice_lines (agreement_id, invoice_number);
create index on mart.fact_invoice_lines (agreement_id, customer_number);
create index on mart.fact_invoice_lines (agreement_id, product_number);
create index on mart.fact_invoice_lines (agreement_key, invoice_date);
create index on mart.fact_invoice_lines (agreement_id, invoice_date);

create table mart.fact_order_lines (
    order_line_key bigint primary key,
    agreement_key bigint not null,
    agreement_id text not null,
    kind text not null,
    status text not null,
    order_number text not null,
    line_number integer,
    line_id text,
    line_kind text not null,
    order_date date not null,
    date_key integer not null,
    due_date date,
    delivery_date date,
    customer_key bigint not null,
    customer_number text,
    customer_name text,
    product_key bigint not null,
    product_number text,
    product_name text,
    department_key bigint not null,
    department_number text,
    department_name text,
    description text,
    quantity numeric(19, 4),
    unit text,
    unit_net_price numeric(19, 4),
    discount_percent numeric(18, 8),
    currency text not null,
    exchange_rate numeric(18, 8),
    net_amount numeric(19, 4),
    base_currency text not null,
    net_amount_base numeric(19, 4),
    cost_base numeric(19, 4),
    margin_base numeric(19, 4)
);
create index on mart.fact_order_lines (agreement_id, kind, order_number);
create index on mart.fact_order_lines (agreement_id, customer_number);
create index on mart.fact_order_lines (agreement_id, product_number);
create index on mart.fact_order_lines (agreement_id, order_date);

-- A document that comes or goes rewrites the lines of its voucher, or those of its invoice.
create index on mart.fact_journal_entries (agreement_id, voucher_number);
create index on mart.fact_journal_entries (agreement_id, invoice_number)
where entry_type = 'customer_invoice' and invoice_number is not null;

-- What is overdue depends on a day, so it is never stored.

create function mart.invoices_ageing(as_of date)
returns table (
    agreement_key bigint, customer_key bigint, customer_number text, customer_name text,
    invoice_number text, invoice_date date, due_date date, base_currency text,
    remainder_base numeric, days_overdue integer, bucket text
)
language sql stable
begin atomic
    select
        i.agreement_key, i.customer_key, i.customer_number, i.customer_name, i.invoice_number,
        i.invoice_date, i.due_date, i.base_currency, i.remainder_base,
        greatest(0, $1 - coalesce(i.due_date, i.invoice_date)) as days_overdue,
        case
            when $1 <= coalesce(i.due_date, i.invoice_date) then 'not due'
            when $1 - coalesce(i.due_date, i.invoice_date) <= 30 then '1-30'
            when $1 - coalesce(i.due_date, i.invoice_date) <= 60 then '31-60'
            when $1 - coalesce(i.due_date, i.invoice_date) <= 90 then '61-90'
            else 'over 90'
        end as bucket
    from (
        select
            f.agreement_key, f.customer_key, f.customer_number, f.customer_name, f.invoice_number,
            f.invoice_date, f.due_date, f.base_currency,
            sum(f.invoice_remainder_base) as remainder_base
        from mart.fact_invoice_lines as f
        where f.payment_status = 'open' and f.invoice_date <= $1
        group by
            f.agreement_key, f.customer_key, f.customer_number, f.customer_name, f.invoice_number,
            f.invoice_date, f.due_date, f.base_currency
    ) as i;
end;

grant execute on function mart.invoices_ageing(date) to powerbi;

insert into mart.dim_product (
    product_key, agreement_key, product_number, name, is_barred, is_deleted
) values
    (-1, -1, '(unknown)', 'Unknown', false, false),
    (-2, -1, '(unmapped)', 'Unmapped', false, false),
    (-3, -1, '(none)', 'Not applicable', false, false);

insert into mart.dim_project (project_key, agreement_key, project_number, name, is_deleted) values
    (-1, -1, '(unknown)', 'Unknown', false),
    (-2, -1, '(unmapped)', 'Unmapped', false),
    (-3, -1, '(none)', 'Not applicable', false);

insert into mart.dim_document (
    document_key, agreement_key, kind, document_number, has_pdf, is_deleted
) values
    (-1, -1, '(unknown)', '(unknown)', false, false),
    (-2, -1, '(unmapped)', '(unmapped)', false, false),
    (-3, -1, '(none)', '(none)', false, false);

-- The next run of every agreement looks at everything once, for the tables and columns that are new.
delete from ops.progress where consumer = 'mart';

comment on table mart.dim_product is 'Products of an agreement.';
comment on column mart.dim_product.product_key is 'Surrogate key; -1 unknown, -2 unmapped, -3 not applicable.';
comment on column mart.dim_product.description is 'The vendor''s longer description.';
comment on column mart.dim_product.unit_number is 'The vendor''s unit of quantities.';
comment on column mart.dim_product.unit_name is 'The unit''s name now.';
comment on column mart.dim_product.sales_price is 'Price of a unit, in base currency.';
comment on column mart.dim_product.cost_price is 'Cost of a unit, in base currency; NULL where none is given.';
comment on column mart.dim_product.recommended_price is 'Recommended price of a unit, in base currency.';
comment on column mart.dim_product.bar_code is 'Bar code, as text.';
comment on column mart.dim_product.group_number is 'The vendor''s group of products.';
comment on column mart.dim_product.group_name is 'The vendor''s group of products, by name now.';
comment on table mart.dim_project is 'Projects an agreement''s lines name. The vendor''s list of projects is not read: they have numbers only.';
comment on column mart.dim_project.project_key is 'Surrogate key; -1 unknown, -2 unmapped, -3 not applicable.';
comment on column mart.dim_project.project_number is 'The vendor''s project number, as text.';
comment on column mart.dim_project.name is 'NULL: only the number is known.';
comment on table mart.dim_document is 'Documents: one row a voucher that has or had an attached document, one row a booked invoice.';
comment on column mart.dim_document.document_key is 'Surrogate key; -1 unknown, -2 unmapped, -3 not applicable.';
comment on column mart.dim_document.kind is 'voucher or invoice.';
comment on column mart.dim_document.accounting_year is 'Accounting year of the voucher, as the vendor writes it; NULL for invoices, whose numbers run on.';
comment on column mart.dim_document.document_number is 'The voucher number, or the invoice number.';
comment on column mart.dim_document.attached_document_number is 'The vendor''s number of the attached document; NULL for invoices.';
comment on column mart.dim_document.has_pdf is 'Whether the vendor has a PDF.';
comment on column mart.dim_document.page_count is 'Pages, where the vendor tells.';
comment on column mart.dim_document.note is 'The vendor''s note on the attached document.';
comment on column mart.dim_document.pdf_url is 'Link that shows the PDF to who is logged in to Airflow; NULL where there is none.';
comment on table mart.fact_invoice_lines is
    'One line of a booked or draft sales invoice or credit note; sums of lines equal the headers, by a line of kind rounding where needed. Credit notes are negative.';
comment on column mart.fact_invoice_lines.invoice_line_key is 'Surrogate key, stable across rebuilds.';
comment on column mart.fact_invoice_lines.invoice_number is 'The vendor''s invoice number; of a draft (is_draft) its draft number.';
comment on column mart.fact_invoice_lines.is_draft is 'Not booked yet: no part of the ledger.';
comment on column mart.fact_invoice_lines.is_credit_note is 'The invoice''s net amount is negative.';
comment on column mart.fact_invoice_lines.invoice_date is 'Date of the invoice.';
comment on column mart.fact_invoice_lines.date_key is 'The invoice''s date as yyyymmdd: dim_date.';
comment on column mart.fact_invoice_lines.vat_amount is 'VAT of the line, in the invoice''s currency.';
comment on column mart.fact_invoice_lines.vat_rate_percent is 'VAT rate in percent.';
comment on column mart.fact_invoice_lines.account_number is 'Account the line was booked on.';
comment on column mart.fact_invoice_lines.invoice_remainder_base is 'What is open of the whole invoice, in base currency, on its first line; 0 on the others; NULL where the vendor gives neither it nor a rate.';
comment on column mart.fact_invoice_lines.payment_status is 'paid, open or draft. What is overdue on a day: invoices_ageing(date).';
comment on column mart.fact_invoice_lines.document_key is 'The invoice''s own document: dim_document. -3 on drafts.';
comment on table mart.fact_order_lines is
    'One line of an order or a quote; sums of lines equal the headers, by a line of kind rounding where needed.';
comment on column mart.fact_order_lines.order_line_key is 'Surrogate key, stable across rebuilds.';
comment on column mart.fact_order_lines.kind is 'order or quote.';
comment on column mart.fact_order_lines.status is 'draft, sent or archived: the vendor''s list it is in now.';
comment on column mart.fact_order_lines.order_number is 'The vendor''s number of the order or quote.';
comment on column mart.fact_order_lines.order_date is 'Date of the order or quote.';
comment on column mart.fact_order_lines.date_key is 'Its date as yyyymmdd: dim_date.';
comment on column mart.fact_order_lines.delivery_date is 'Day of delivery, where one is agreed.';
comment on function mart.invoices_ageing(date) is 'Open invoices by days overdue on a day, by their remainder now.';
comment on column mart.fact_journal_entries.document_key is
    'The document: dim_document. The voucher''s attached one, else the invoice''s own where the line is of a booked invoice; -3 without.';
comment on column mart.fact_journal_entries.has_pdf is 'Whether that document has a PDF.';
comment on column mart.fact_journal_entries.project_key is 'The project: dim_project. -3 when none is given.';
comment on column mart.fact_accounting.document_key is 'The document, as in fact_journal_entries: dim_document. -3 without.';
comment on column mart.fact_accounting.has_pdf is 'Whether that document has a PDF.';
comment on column mart.fact_accounting.project_key is 'The project: dim_project. -3 when none is given.';
comment on column mart.fact_draft_entries.project_key is 'The project: dim_project. -3 when none is given.';

do $$
declare
    said record;
    place record;
begin
    for said in
        select * from (values
            ('agreement_key', 'The agreement: dim_agreement. -1 on the members unknown, unmapped and not applicable.'),
            ('agreement_id', 'The agreement''s id, as in its file.'),
            ('name', 'Name as the vendor has it now.'),
            ('customer_key', 'The customer: dim_customer. -1 when nobody has the number, -3 when none is given.'),
            ('customer_number', 'The vendor''s customer number, as text.'),
            ('customer_name', 'The customer''s name now.'),
            ('product_key', 'The product: dim_product. -1 when no product has the number, -3 when none is given.'),
            ('product_number', 'The vendor''s product number, as text with leading zeros.'),
            ('product_name', 'The product''s name now.'),
            ('department_key', 'The department: dim_department. -1 unknown, -3 when none is given.'),
            ('department_number', 'The vendor''s department number, as text.'),
            ('department_name', 'The department''s name now.'),
            ('line_number', 'The line''s number within its document, as people see it; 0 on the line of rounding.'),
            ('line_id', 'The vendor''s own number of the line, unique among all of them; NULL on the line of rounding.'),
            ('line_kind', 'product, text (words without amounts), or rounding (what the header has and its lines have not).'),
            ('due_date', 'When it is due.'),
            ('description', 'The line''s text.'),
            ('quantity', 'Quantity in the line''s unit.'),
            ('unit', 'The unit''s name now.'),
            ('unit_net_price', 'Price of a unit before discount, in the document''s currency.'),
            ('discount_percent', 'Discount in percent.'),
            ('currency', 'ISO 4217 code.'),
            ('exchange_rate', 'Base currency per 100 of the document''s currency.'),
            ('net_amount', 'After discount, without VAT, in the document''s currency.'),
            ('base_currency', 'ISO 4217 code of the agreement''s own currency.'),
            ('net_amount_base', 'round(net_amount x exchange_rate / 100, 2), half away from zero.'),
            ('cost_base', 'round(quantity x unit cost x exchange_rate / 100, 2), half away from zero; 0 where no cost is given.'),
            ('margin_base', 'net_amount_base - cost_base.'),
            ('document_key', 'The document: dim_document. -3 without.'),
            ('has_pdf', 'Whether there is a PDF.'),
            ('is_barred', 'Barred from new entries at the vendor.'),
            ('is_deleted', 'No longer at the vendor; old facts still point here.')
        ) as words (column_name, meaning)
    loop
        for place in
            select
                c.oid::regclass as relation,
                a.attname
            from pg_class as c
            inner join pg_attribute as a on a.attrelid = c.oid
            where c.relnamespace = 'mart'::regnamespace
                and c.relname in ('dim_product', 'dim_project', 'dim_document', 'fact_invoice_lines', 'fact_order_lines')
                and a.attnum > 0
                and a.attname = said.column_name
                and col_description(c.oid, a.attnum) is null
        loop
            execute format('comment on column %s.%I is %L', place.relation, place.attname, said.meaning);
        end loop;
    end loop;
end
$$;
