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
    add column role text;
comment on column core.account.code is
    'What people call it by, where that is not its number; no other account of the agreement has it. NULL: its number.';
comment on column core.account.role is
    'Which postings are made on it that name no account, of vendors that give none: creditors, debtors, input_tax, output_tax, settled_tax, exchange_difference, unmatched_transactions, unmatched_paid, unmatched_received.';

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
    financial_account_number text not null,
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
