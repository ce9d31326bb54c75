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
create index on core.purchase_document (agreement_id, change_seq);
create index on core.purchase_document_line (agreement_id, change_seq);
create index on core.purchase_document_payment (agreement_id, change_seq);

-- What people call an account by, and what it is for, where the vendor gives no postings and they are made here.
alter table core.account
    add column code text,
    add column given_code text,
    add column role text;
comment on column core.account.code is
    'What people call it by, where that is not its number; no other account of the agreement has it. NULL: its number.';
comment on column core.account.given_code is 'What people call it by, as the vendor has it: another account may have the same.';
comment on column core.account.role is
    'Which postings are made on it that name no account, of vendors that give none: creditors, debtors, input_tax, output_tax, settled_tax, tax, exchange_difference, unmatched_transactions, unmatched_paid, unmatched_received.';

alter table core.vat add column is_charged boolean not null default true;
comment on column core.vat.is_charged is 'It is part of what a document comes to; false where whoever buys owes it (reverse charge).';

alter table core.agreement
    add column books_start date,
    add column locked_until date;
comment on column core.agreement.books_start is 'First day of the first accounting year, of vendors without accounting years.';
comment on column core.agreement.locked_until is 'The last day on which nothing can be booked any more, of vendors without accounting years.';

create table core.financial_account (
    agreement_id text not null,
    financial_account_number text not null,
    name text not null,
    identifier text,
    currency text,
    is_active boolean not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, financial_account_number)
);
comment on table core.financial_account is 'Bank accounts, cash books and the like.';
alter table core.account add column financial_account_number text;
comment on column core.account.financial_account_number is 'The bank account or cash book whose postings are on it.';

create table core.bank_transaction (
    agreement_id text not null,
    transaction_number text not null,
    financial_account_number text,
    date date not null,
    currency text,
    amount numeric(19, 4) not null,
    text text,
    contra_name text,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, transaction_number)
);
comment on table core.bank_transaction is 'Lines of bank statements; positive: money came in.';

create table core.bank_booking (
    agreement_id text not null,
    transaction_number text not null,
    booking_id text not null,
    account_number text not null,
    project_number text,
    text text,
    amount_base numeric(19, 4) not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, transaction_number, booking_id)
);
comment on table core.bank_booking is 'What of a bank transaction is booked straight on an account; positive: money came in.';

create table core.bank_payment (
    agreement_id text not null,
    transaction_number text not null,
    payment_id text not null,
    document_kind text not null,
    document_number text,
    date date not null,
    amount numeric(19, 4) not null,
    amount_base numeric(19, 4),
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, transaction_number, payment_id)
);
comment on table core.bank_payment is 'What of a bank transaction pays a document, as the transaction tells it.';
comment on column core.bank_payment.document_kind is 'sales_invoice, external_sales_invoice, document or tax_return.';
comment on column core.bank_payment.amount is 'Positive: that much less of the document is open.';

create table core.invoice_payment (
    agreement_id text not null,
    invoice_number text not null,
    payment_id text not null,
    date date not null,
    amount numeric(19, 4) not null,
    amount_base numeric(19, 4),
    account_number text,
    financial_account_number text,
    financial_mutation_number text,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, invoice_number, payment_id)
);
comment on table core.invoice_payment is 'What was paid of an invoice; positive: less of it is open.';
alter table core.invoice add column document_number text;
create index on core.invoice (agreement_id, document_number) where document_number is not null;
comment on column core.invoice.document_number is 'The vendor''s own id, where that is not its number.';

create table core.journal_document (
    agreement_id text not null,
    document_number text not null,
    reference text,
    date date not null,
    kind text,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, document_number)
);
comment on table core.journal_document is 'Vouchers of the general journal.';

create table core.journal_document_line (
    agreement_id text not null,
    document_number text not null,
    line_id text not null,
    line_number integer,
    account_number text not null,
    contact_number text,
    project_number text,
    description text,
    amount_base numeric(19, 4) not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, document_number, line_id)
);
comment on table core.journal_document_line is 'Lines of a voucher of the general journal. Debit positive, base currency.';
create index on core.bank_transaction (agreement_id, change_seq);
create index on core.bank_booking (agreement_id, change_seq);
create index on core.bank_payment (agreement_id, change_seq);
create index on core.invoice_payment (agreement_id, change_seq);
create index on core.journal_document (agreement_id, change_seq);
create index on core.journal_document_line (agreement_id, change_seq);
alter table core.invoice_line
    add column project_number text,
    add column vat_code text,
    add column net_amount_base numeric(19, 4);
alter table core.draft_invoice_line add column vat_code text;
comment on column core.invoice_line.vat_code is 'Its tax rate, of vendors that do not write the percentage on the line.';
comment on column core.draft_invoice_line.vat_code is 'Its tax rate, of vendors that do not write the percentage on the line.';
comment on column core.invoice_line.net_amount_base is 'As the vendor has worked it out; NULL: by the invoice''s rate.';
alter table core.bank_transaction add column open_amount numeric(19, 4);
comment on column core.bank_transaction.open_amount is 'What of it is neither booked nor pays anything, as the vendor says.';

create table core.purchase_document_allocation (
    agreement_id text not null,
    document_number text not null,
    allocation_id text not null,
    account_number text,
    percent numeric,
    amount numeric(19, 4),
    amount_base numeric(19, 4),
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, document_number, allocation_id)
);
create index on core.purchase_document_allocation (agreement_id, change_seq);
alter table core.purchase_document
    add column private_amount numeric(19, 4),
    add column private_amount_base numeric(19, 4);
comment on column core.purchase_document.private_amount is
    'What of it is private, with its tax, and in none of its lines. NULL: nothing, or not worked into the lines yet.';
comment on table core.purchase_document_allocation is
    'What of a purchase document is private, with its tax; what is left of the lines is in these.';

create table mart.fact_purchase_documents (
    purchase_line_key bigint primary key,
    agreement_key bigint not null,
    agreement_id text not null,
    document_number text not null,
    line_id text not null,
    line_number integer,
    kind text not null,
    reference text,
    state text not null,
    supplier_key bigint not null,
    supplier_number text,
    supplier_name text,
    date date,
    date_key integer not null,
    due_date date,
    account_key bigint not null,
    account_number text,
    account_name text,
    vat_key bigint not null,
    vat_code text,
    vat_rate_percent numeric(24, 10),
    project_key bigint not null,
    project_name text,
    description text,
    quantity numeric(24, 10),
    unit_price numeric(24, 10),
    period_start date,
    period_end date,
    currency text not null,
    exchange_rate numeric(24, 10),
    net_amount numeric(19, 4) not null,
    tax_amount numeric(19, 4) not null,
    gross_amount numeric(19, 4) not null,
    base_currency text not null,
    net_amount_base numeric(19, 4) not null,
    tax_amount_base numeric(19, 4) not null,
    gross_amount_base numeric(19, 4) not null,
    paid_on date,
    paid_amount_base numeric(19, 4) not null,
    is_paid boolean not null,
    is_exported boolean not null,
    exported_file text,
    is_changed_since_export boolean not null,
    created_at timestamp,
    updated_at timestamp,
    document_key bigint not null
);
create unique index on mart.fact_purchase_documents (agreement_id, document_number, line_id);
create index on mart.fact_purchase_documents (agreement_key, date);
create index on mart.fact_purchase_documents (agreement_id, date);
comment on table mart.fact_purchase_documents is
    'One line of a purchase invoice or a receipt, of documents that are there at the vendor, new ones among them.';
comment on column mart.fact_purchase_documents.purchase_line_key is 'Stable across rebuilds.';
comment on column mart.fact_purchase_documents.agreement_key is 'Whose document: dim_agreement.';
comment on column mart.fact_purchase_documents.agreement_id is 'Whose document.';
comment on column mart.fact_purchase_documents.document_number is 'The document''s own id at the vendor.';
comment on column mart.fact_purchase_documents.line_id is 'The line''s own id at the vendor.';
comment on column mart.fact_purchase_documents.line_number is 'Its place in the document.';
comment on column mart.fact_purchase_documents.kind is 'purchase_invoice or receipt: what it is now.';
comment on column mart.fact_purchase_documents.reference is 'The supplier''s number of it, or what somebody entered instead.';
comment on column mart.fact_purchase_documents.state is 'new, saved, open, late, paid or pending_payment. What is new is not posted.';
comment on column mart.fact_purchase_documents.supplier_key is 'Whom it is from: dim_supplier.';
comment on column mart.fact_purchase_documents.supplier_number is 'Whom it is from, as people call them.';
comment on column mart.fact_purchase_documents.supplier_name is 'Whom it is from.';
comment on column mart.fact_purchase_documents.date is 'The document''s date.';
comment on column mart.fact_purchase_documents.date_key is 'The same day in dim_date; -1 where there is none yet.';
comment on column mart.fact_purchase_documents.due_date is 'Until when it is to be paid.';
comment on column mart.fact_purchase_documents.account_key is 'The account it is posted on: dim_account.';
comment on column mart.fact_purchase_documents.account_number is 'The account it is posted on.';
comment on column mart.fact_purchase_documents.account_name is 'The account it is posted on.';
comment on column mart.fact_purchase_documents.vat_key is 'Its tax rate: dim_vat.';
comment on column mart.fact_purchase_documents.vat_code is 'The vendor''s id of its tax rate.';
comment on column mart.fact_purchase_documents.vat_rate_percent is 'Its tax rate; NULL where the rate has none, or is not known.';
comment on column mart.fact_purchase_documents.project_key is 'The project it is for: dim_project.';
comment on column mart.fact_purchase_documents.project_name is 'The project it is for.';
comment on column mart.fact_purchase_documents.description is 'What was bought.';
comment on column mart.fact_purchase_documents.quantity is 'How much of it.';
comment on column mart.fact_purchase_documents.unit_price is 'Price of one; with tax where the document''s prices include it.';
comment on column mart.fact_purchase_documents.period_start is 'First day of the time it is for.';
comment on column mart.fact_purchase_documents.period_end is 'Last day of it.';
comment on column mart.fact_purchase_documents.currency is 'Currency of the document.';
comment on column mart.fact_purchase_documents.exchange_rate is 'Base currency per unit of the document''s.';
comment on column mart.fact_purchase_documents.net_amount is 'Without tax, after discount; positive is owed to the supplier.';
comment on column mart.fact_purchase_documents.tax_amount is 'Its tax; over all lines what the document''s own total says.';
comment on column mart.fact_purchase_documents.gross_amount is 'With tax.';
comment on column mart.fact_purchase_documents.base_currency is 'Currency of the books.';
comment on column mart.fact_purchase_documents.net_amount_base is 'net_amount in base currency.';
comment on column mart.fact_purchase_documents.tax_amount_base is 'tax_amount in base currency.';
comment on column mart.fact_purchase_documents.gross_amount_base is 'gross_amount in base currency.';
comment on column mart.fact_purchase_documents.paid_on is 'When it was paid wholly.';
comment on column mart.fact_purchase_documents.paid_amount_base is 'What was paid of the document, on its first line; 0 on the others.';
comment on column mart.fact_purchase_documents.is_paid is 'The vendor holds it to be paid.';
comment on column mart.fact_purchase_documents.is_exported is 'It is in a logged file of an export.';
comment on column mart.fact_purchase_documents.exported_file is 'The newest of those files.';
comment on column mart.fact_purchase_documents.is_changed_since_export is 'It is another one now than in that file.';
comment on column mart.fact_purchase_documents.created_at is 'When it was made at the vendor, in UTC.';
comment on column mart.fact_purchase_documents.updated_at is 'When it last changed there, in UTC.';
comment on column mart.fact_purchase_documents.document_key is 'Its document: dim_document; -3 where Saldo hands out none.';
grant select on mart.fact_purchase_documents to powerbi;
