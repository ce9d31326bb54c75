-- The rest of a ledger: dimensions of entries, journals and drafts, groups, terms, VAT, employees.

create table core.entry_dimension (
    agreement_id text not null,
    entry_number text not null,
    dimension_number integer not null,
    is_distribution boolean not null,
    member_number text not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, entry_number, dimension_number)
);
create index on core.entry_dimension (agreement_id, change_seq);
comment on table core.entry_dimension is
    'What an entry has in a dimension of the vendor''s; dimension 1 is the department. D|n is a distribution.';

create table core.journal (
    agreement_id text not null,
    journal_number text not null,
    name text not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, journal_number)
);

create table core.draft_entry (
    agreement_id text not null,
    draft_number text not null,
    journal_number text not null,
    voucher_number text,
    entry_type text not null,
    date date not null,
    account_number text,
    contra_account_number text,
    customer_number text,
    supplier_number text,
    project_number text,
    vat_code text,
    text text,
    currency text,
    amount numeric(19, 4) not null,
    exchange_rate numeric(18, 8),
    due_date date,
    invoice_number text,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, draft_number)
);
create index on core.draft_entry (agreement_id, change_seq);
comment on column core.draft_entry.exchange_rate is 'Base currency per 100 of the line''s currency.';

create table core.customer_group (
    agreement_id text not null,
    group_number text not null,
    name text not null,
    account_number text,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, group_number)
);

create table core.supplier_group (
    agreement_id text not null,
    group_number text not null,
    name text not null,
    account_number text,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, group_number)
);

create table core.departmental_distribution (
    agreement_id text not null,
    distribution_number text not null,
    name text not null,
    is_generated boolean not null,
    is_barred boolean not null,
    department_numbers text[] not null,
    percentages numeric(18, 8)[] not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, distribution_number)
);
comment on table core.departmental_distribution is
    'Shares of departments, in percent. The vendor generates one of its own for every department.';

create table core.payment_terms (
    agreement_id text not null,
    payment_terms_number text not null,
    name text not null,
    payment_terms_type text not null,
    days_of_credit integer,
    description text,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, payment_terms_number)
);

create table core.vat (
    agreement_id text not null,
    vat_code text not null,
    name text not null,
    rate_percent numeric(18, 8),
    vat_type_number text,
    account_number text,
    contra_account_number text,
    is_barred boolean not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, vat_code)
);

create table core.vat_type (
    agreement_id text not null,
    vat_type_number text not null,
    name text not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, vat_type_number)
);

create table core.vat_zone (
    agreement_id text not null,
    vat_zone_number text not null,
    name text not null,
    is_for_customers boolean not null,
    is_for_suppliers boolean not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, vat_zone_number)
);

create table core.currency (
    agreement_id text not null,
    code text not null,
    name text not null,
    iso_number text,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, code)
);

create table core.employee (
    agreement_id text not null,
    employee_number text not null,
    name text not null,
    group_number text,
    email text,
    phone text,
    is_barred boolean not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, employee_number)
);

alter table core.customer add column payment_terms_number text, add column vat_zone_number text;
alter table core.supplier add column payment_terms_number text, add column vat_zone_number text;

-- Sums per month, kept in step with the facts, from which balances are carried forward.
create table core.account_month (
    agreement_id text not null,
    account_key bigint not null,
    department_key bigint not null,
    month date not null,
    opening_base numeric(19, 4) not null,
    transferred_base numeric(19, 4) not null,
    movement_base numeric(19, 4) not null,
    primary key (agreement_id, account_key, department_key, month)
);
comment on table core.account_month is
    'Sums of the facts per account, department and month: opening entries, transferred openings, all else.';

-- The facts find rows by their unknown members and by month; these two cost every load and served only
-- renames, which no posted line shows.
drop index core.ledger_entry_agreement_id_customer_number_idx;
drop index core.ledger_entry_agreement_id_supplier_number_idx;

-- What was landed before is typed anew, for the columns that are new.
delete from ops.progress where consumer = 'core' and source in ('customers', 'suppliers');
