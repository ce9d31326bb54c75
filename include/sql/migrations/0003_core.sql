-- Typed records in one shape for all vendors. change_seq grows with every change; the mart follows it.

create sequence core.change_seq;

create table core.key_map (
    agreement_id text not null,
    kind text not null,
    source_key text not null,
    key bigint generated always as identity,
    primary key (agreement_id, kind, source_key)
);
comment on table core.key_map is
    'Surrogate keys. Rows are never deleted: a number used again is the same member.';

create table core.agreement (
    agreement_id text primary key,
    vendor text not null,
    agreement_number text not null,
    company_name text not null,
    base_currency text not null,
    country text,
    change_seq bigint not null
);

create table core.account (
    agreement_id text not null,
    account_number text not null,
    name text not null,
    account_type text not null,
    is_balance_sheet boolean,
    sort_key bigint not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, account_number)
);

create table core.accounting_year (
    agreement_id text not null,
    accounting_year text not null,
    start_date date not null,
    end_date date not null,
    is_closed boolean not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, accounting_year)
);

create table core.period (
    agreement_id text not null,
    source_key text not null,
    accounting_year text not null,
    start_date date not null,
    end_date date not null,
    is_closed boolean not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, source_key)
);

create table core.customer (
    agreement_id text not null,
    customer_number text not null,
    name text not null,
    currency text,
    group_number text,
    address text,
    zip text,
    city text,
    country text,
    registration_number text,
    email text,
    is_barred boolean not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, customer_number)
);

create table core.supplier (
    agreement_id text not null,
    supplier_number text not null,
    name text not null,
    currency text,
    group_number text,
    address text,
    zip text,
    city text,
    country text,
    registration_number text,
    is_barred boolean not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, supplier_number)
);

create table core.department (
    agreement_id text not null,
    department_number text not null,
    name text not null,
    is_barred boolean not null,
    is_distribution boolean not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, department_number)
);

create table core.ledger_entry (
    agreement_id text not null,
    entry_number text not null,
    voucher_number text,
    journal_number text,
    entry_type text not null,
    date date not null,
    account_number text not null,
    customer_number text,
    supplier_number text,
    project_number text,
    vat_code text,
    text text,
    currency text,
    amount numeric(19, 4) not null,
    amount_base numeric(19, 4) not null,
    due_date date,
    remainder numeric(19, 4),
    remainder_base numeric(19, 4),
    invoice_number text,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, entry_number)
);
create index on core.ledger_entry (agreement_id, change_seq);
create index on core.ledger_entry (agreement_id, date);
create index on core.ledger_entry (agreement_id, account_number);
create index on core.ledger_entry (agreement_id, customer_number) where customer_number is not null;
create index on core.ledger_entry (agreement_id, supplier_number) where supplier_number is not null;

comment on table core.ledger_entry is
    'One posted ledger line. Debit positive. remainder_base is NULL where the vendor does not give it.';
