-- Purchases: documents of suppliers as the vendor keeps them, with lines, payments and attachments; numbers as the
-- vendor's own ids.

create table core.purchase_document (
    agreement_id text not null,
    document_number text not null,
    kind text not null,
    reference text,
    entry_number text,
    date date,
    due_date date,
    state text not null,
    supplier_number text,
    currency text not null,
    exchange_rate numeric,
    prices_include_tax boolean,
    origin text,
    paid_on date,
    net_amount numeric(19, 4),
    net_amount_base numeric(19, 4),
    gross_amount numeric(19, 4),
    gross_amount_base numeric(19, 4),
    created_at timestamptz,
    updated_at timestamptz,
    version bigint not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, document_number)
);
comment on table core.purchase_document is
    'Purchase invoices and receipts. One that changes its kind at the vendor keeps its number, and is one row here.';
comment on column core.purchase_document.kind is 'purchase_invoice or receipt.';
comment on column core.purchase_document.net_amount is
    'Without tax, in currency; positive: it is owed to the supplier. NULL: the vendor has not computed it yet.';
comment on column core.purchase_document.version is 'The vendor''s own; another number means another content.';

create table core.purchase_document_line (
    agreement_id text not null,
    document_number text not null,
    line_id text not null,
    line_number integer,
    description text,
    quantity_text text,
    quantity numeric,
    unit_price numeric,
    vat_code text,
    account_number text,
    project_number text,
    product_number text,
    period_text text,
    period_start date,
    period_end date,
    net_amount numeric(19, 4),
    net_amount_base numeric(19, 4),
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, document_number, line_id)
);
comment on table core.purchase_document_line is 'What a purchase document is made of (details), in the order of line_number.';
comment on column core.purchase_document_line.quantity_text is 'As a person typed it: "2 x".';
comment on column core.purchase_document_line.unit_price is 'With tax where the document''s prices include it.';
comment on column core.purchase_document_line.net_amount is 'Without tax, after discount, in the document''s currency.';

create table core.purchase_document_payment (
    agreement_id text not null,
    document_number text not null,
    payment_id text not null,
    date date not null,
    amount numeric(19, 4) not null,
    amount_base numeric(19, 4),
    account_number text,
    financial_account_number text,
    financial_mutation_number text,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, document_number, payment_id)
);
comment on table core.purchase_document_payment is 'What was paid of a purchase document; positive: it is owed less.';

create table core.purchase_document_attachment (
    agreement_id text not null,
    document_number text not null,
    attachment_id text not null,
    file_name text,
    content_type text,
    size_bytes bigint,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, document_number, attachment_id)
);
comment on table core.purchase_document_attachment is 'Files that hang on a purchase document at the vendor.';
