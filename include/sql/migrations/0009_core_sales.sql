-- What is sold: products, invoices, orders and quotes with their lines, and the documents of vouchers.

create table core.product (
    agreement_id text not null,
    product_number text not null,
    name text not null,
    description text,
    group_number text,
    unit_number text,
    sales_price numeric(19, 4),
    cost_price numeric(19, 4),
    recommended_price numeric(19, 4),
    bar_code text,
    is_barred boolean not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, product_number)
);

create table core.product_group (
    agreement_id text not null,
    group_number text not null,
    name text not null,
    is_stocked boolean not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, group_number)
);

create table core.unit (
    agreement_id text not null,
    unit_number text not null,
    name text not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, unit_number)
);

create table core.invoice (
    agreement_id text not null,
    invoice_number text not null,
    date date not null,
    due_date date,
    customer_number text,
    currency text not null,
    exchange_rate numeric(18, 8),
    net_amount numeric(19, 4) not null,
    net_amount_base numeric(19, 4) not null,
    gross_amount numeric(19, 4),
    gross_amount_base numeric(19, 4),
    vat_amount numeric(19, 4),
    rounding_amount numeric(19, 4),
    payment_terms_number text,
    remainder numeric(19, 4) not null,
    remainder_base numeric(19, 4),
    sales_person_number text,
    has_pdf boolean not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, invoice_number)
);

create table core.open_invoice (
    agreement_id text not null,
    invoice_number text not null,
    date date not null,
    due_date date,
    customer_number text,
    currency text not null,
    remainder numeric(19, 4) not null,
    remainder_base numeric(19, 4),
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, invoice_number)
);

create table core.invoice_line (
    agreement_id text not null,
    invoice_number text not null,
    line_id text not null,
    line_number integer,
    product_number text,
    description text,
    quantity numeric(19, 4),
    unit_number text,
    unit_net_price numeric(19, 4),
    unit_cost_price numeric(19, 4),
    discount_percent numeric(18, 8),
    department_number text,
    net_amount numeric(19, 4),
    vat_rate_percent numeric(18, 8),
    vat_amount numeric(19, 4),
    account_number text,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, invoice_number, line_id)
);

create table core.draft_invoice (
    agreement_id text not null,
    draft_number text not null,
    date date not null,
    due_date date,
    customer_number text,
    currency text not null,
    exchange_rate numeric(18, 8),
    net_amount numeric(19, 4) not null,
    net_amount_base numeric(19, 4) not null,
    gross_amount numeric(19, 4),
    gross_amount_base numeric(19, 4),
    vat_amount numeric(19, 4),
    rounding_amount numeric(19, 4),
    payment_terms_number text,
    cost_base numeric(19, 4),
    margin_base numeric(19, 4),
    sales_person_number text,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, draft_number)
);

create table core.draft_invoice_line (
    agreement_id text not null,
    document_id text not null,
    line_id text not null,
    draft_number text not null,
    line_number integer,
    product_number text,
    description text,
    quantity numeric(19, 4),
    unit_number text,
    unit_net_price numeric(19, 4),
    unit_cost_price numeric(19, 4),
    discount_percent numeric(18, 8),
    department_number text,
    net_amount numeric(19, 4),
    vat_rate_percent numeric(18, 8),
    vat_amount numeric(19, 4),
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, document_id, line_id)
);

create table core.sales_order (
    agreement_id text not null,
    kind text not null,
    order_number text not null,
    status text not null,
    date date not null,
    due_date date,
    delivery_date date,
    customer_number text,
    currency text not null,
    exchange_rate numeric(18, 8),
    net_amount numeric(19, 4) not null,
    net_amount_base numeric(19, 4) not null,
    gross_amount numeric(19, 4),
    gross_amount_base numeric(19, 4),
    vat_amount numeric(19, 4),
    rounding_amount numeric(19, 4),
    payment_terms_number text,
    cost_base numeric(19, 4),
    margin_base numeric(19, 4),
    sales_person_number text,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, kind, order_number)
);

create table core.sales_order_line (
    agreement_id text not null,
    kind text not null,
    document_id text not null,
    line_id text not null,
    order_number text not null,
    line_number integer,
    product_number text,
    description text,
    quantity numeric(19, 4),
    unit_number text,
    unit_net_price numeric(19, 4),
    unit_cost_price numeric(19, 4),
    discount_percent numeric(18, 8),
    department_number text,
    net_amount numeric(19, 4),
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, kind, document_id, line_id)
);

create table core.attached_document (
    agreement_id text not null,
    attached_document_number text not null,
    accounting_year text not null,
    voucher_number text not null,
    page_count integer,
    note text,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, attached_document_number)
);

-- The mart follows these by their changes, and finds lines by what they belong to and what they show.
create index on core.invoice (agreement_id, change_seq);
create index on core.invoice_line (agreement_id, change_seq);
create index on core.sales_order (agreement_id, change_seq);
create index on core.sales_order_line (agreement_id, change_seq);
create index on core.sales_order_line (agreement_id, kind, order_number);
create index on core.attached_document (agreement_id, change_seq);
create index on core.attached_document (agreement_id, accounting_year, voucher_number);
create index on core.invoice (agreement_id, date);

comment on table core.product is 'A product. Its number is text: leading zeros count.';
comment on table core.product_group is 'A group of products.';
comment on table core.unit is 'A unit of quantities.';
comment on table core.invoice is
    'A booked invoice; a credit note has negative amounts. The remainder is what is open now.';
comment on column core.invoice.exchange_rate is 'Base currency per 100 of the invoice''s currency.';
comment on table core.open_invoice is 'An invoice in the vendor''s list of what is not paid; one that left it is deleted.';
comment on table core.invoice_line is 'A line of a booked invoice; line_id is the vendor''s, unique among all lines.';
comment on table core.draft_invoice is 'An invoice that is not booked.';
comment on table core.draft_invoice_line is 'A line of an invoice that is not booked.';
comment on table core.sales_order is 'An order or a quote: kind order or quote, status draft, sent or archived.';
comment on table core.sales_order_line is 'A line of an order or a quote.';
comment on table core.attached_document is
    'A document that hangs on a voucher; vouchers are told apart by accounting year and number.';
