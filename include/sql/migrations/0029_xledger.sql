-- A second vendor: what people call a member by is not always what it is known by, ledgers say their own periods, customers
-- and suppliers have ledgers of their own, and there are projects, dimensions of many kinds, and hours.

alter table core.customer add column code text;
alter table core.supplier add column code text;
alter table core.employee add column code text;
comment on column core.customer.code is
    'What people call it by, where that is not its number: codes need not be unique. NULL: its number.';
comment on column core.supplier.code is 'As core.customer has it.';
comment on column core.employee.code is 'As core.customer has it.';

alter table core.account add column section text;
comment on column core.account.section is
    'The part of the statement it belongs to, where the vendor says so; else that follows from the headings before it.';

alter table core.period add column is_adjustment boolean not null default false;
comment on column core.period.is_adjustment is
    'It lies inside another period, for closing entries: postings are in it only where the vendor says so.';
alter table mart.dim_period add column is_adjustment boolean not null default false;
comment on column mart.dim_period.is_adjustment is
    'Inside another period, for closing entries.';

alter table core.ledger_entry add column period_source_key text;
comment on column core.ledger_entry.period_source_key is
    'The period the vendor has posted it in (core.period.source_key); NULL: that of its date.';

create table ops.call_pace (
    credentials text primary key,
    next_at timestamptz not null
);
comment on table ops.call_pace is
    'How far ahead calls with the same credentials run of what the vendor allows, of vendors whose answers do not tell.';
comment on column ops.call_pace.credentials is 'The vendor, and a digest of the token.';
comment on column ops.call_pace.next_at is 'When a call would be due that waits for all before it.';

create table core.project (
    agreement_id text not null,
    project_number text not null,
    code text,
    name text not null,
    group_name text,
    customer_number text,
    manager_number text,
    main_project_number text,
    start_date date,
    end_date date,
    is_internal boolean,
    is_billable boolean,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, project_number)
);
comment on table core.project is 'Projects, of vendors that have a register of them.';
alter table mart.dim_project
    add column group_name text,
    add column customer_key bigint not null default -3,
    add column manager_key bigint not null default -3,
    add column main_project_number text,
    add column start_date date,
    add column end_date date,
    add column is_internal boolean,
    add column is_billable boolean;
comment on column mart.dim_project.group_name is 'What kind of project it is, where the vendor groups them.';
comment on column mart.dim_project.customer_key is 'Whom it is done for.';
comment on column mart.dim_project.manager_key is 'The employee who leads it.';
comment on column mart.dim_project.main_project_number is 'The project it is a part of.';
comment on column mart.dim_project.start_date is 'Its first day.';
comment on column mart.dim_project.end_date is 'Its last day.';
comment on column mart.dim_project.is_internal is 'It is the company''s own.';
comment on column mart.dim_project.is_billable is 'Its hours are invoiced.';

create table core.dimension_kind (
    agreement_id text not null,
    kind_number text not null,
    name text not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, kind_number)
);
comment on table core.dimension_kind is 'What members of dimensions are: departments, cost centres, projects, tax rules.';

create table core.dimension_member (
    agreement_id text not null,
    member_number text not null,
    kind_number text,
    code text,
    name text not null,
    start_date date,
    end_date date,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, member_number)
);
comment on table core.dimension_member is 'Members of every kind, of vendors whose dimensions the company itself sets up.';

create table core.dimension_slot (
    agreement_id text not null,
    dimension_number integer not null,
    kind_number text not null,
    name text not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, dimension_number)
);
comment on table core.dimension_slot is
    'Which kind of member a numbered dimension of the ledger holds; dimension 1 is the department.';

create table core.exchange_rate (
    agreement_id text not null,
    source_key text not null,
    from_currency text not null,
    to_currency text not null,
    start_date date,
    end_date date,
    rate numeric,
    unit numeric,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, source_key)
);
comment on table core.exchange_rate is 'Rates of exchange: `rate` of to_currency for `unit` of from_currency.';

create table core.account_balance (
    agreement_id text not null,
    source_key text not null,
    account_number text not null,
    period_source_key text not null,
    amount_base numeric(19, 4) not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, source_key)
);
comment on table core.account_balance is
    'What the vendor says an account moved by in a period. Debit positive, base currency.';

create table core.receivable (
    agreement_id text not null,
    entry_number text not null,
    voucher_number text,
    entry_type text not null,
    event_type text not null,
    date date not null,
    account_number text,
    customer_number text,
    text text,
    currency text,
    amount numeric(19, 4) not null,
    amount_base numeric(19, 4) not null,
    due_date date,
    remainder numeric(19, 4),
    invoice_number text,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, entry_number)
);
create index on core.receivable (agreement_id, change_seq);
create index on core.receivable (agreement_id, date);
create index on core.receivable (agreement_id, customer_number);
comment on table core.receivable is
    'One posting on the account of a customer, of vendors whose customers have a ledger of their own. It describes lines of core.ledger_entry, and is none.';

create table core.payable (
    agreement_id text not null,
    entry_number text not null,
    voucher_number text,
    entry_type text not null,
    event_type text not null,
    date date not null,
    account_number text,
    supplier_number text,
    text text,
    currency text,
    amount numeric(19, 4) not null,
    amount_base numeric(19, 4) not null,
    due_date date,
    remainder numeric(19, 4),
    invoice_number text,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, entry_number)
);
create index on core.payable (agreement_id, change_seq);
create index on core.payable (agreement_id, date);
create index on core.payable (agreement_id, supplier_number);
comment on table core.payable is 'The same of suppliers.';

create table core.timesheet (
    agreement_id text not null,
    timesheet_number text not null,
    date date not null,
    employee_number text,
    project_number text,
    activity text,
    time_type text,
    text text,
    hours numeric,
    invoice_hours numeric,
    hourly_revenue numeric,
    hourly_cost numeric,
    currency text,
    is_approved boolean not null,
    is_invoiced boolean not null,
    is_posted boolean not null,
    approved_at timestamptz,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, timesheet_number)
);
create index on core.timesheet (agreement_id, change_seq);
create index on core.timesheet (agreement_id, date);
comment on table core.timesheet is 'One line of hours that somebody registered.';

create table mart.fact_timesheets (
    timesheet_key bigint primary key,
    agreement_key bigint not null,
    agreement_id text not null,
    timesheet_number text not null,
    date date not null,
    date_key integer not null,
    employee_key bigint not null,
    employee_name text,
    project_key bigint not null,
    project_number text,
    project_name text,
    activity text,
    time_type text,
    text text,
    hours numeric(24, 10),
    invoice_hours numeric(24, 10),
    revenue numeric(19, 4),
    cost numeric(19, 4),
    currency text,
    is_approved boolean not null,
    is_invoiced boolean not null,
    is_posted boolean not null,
    approved_at timestamp
);
create unique index on mart.fact_timesheets (agreement_id, timesheet_number);
create index on mart.fact_timesheets (agreement_key, date);
create index on mart.fact_timesheets (agreement_id, date);
comment on table mart.fact_timesheets is 'One line of hours that somebody registered.';
comment on column mart.fact_timesheets.timesheet_key is 'Stable across rebuilds.';
comment on column mart.fact_timesheets.agreement_key is 'Whose hours.';
comment on column mart.fact_timesheets.agreement_id is 'Whose hours.';
comment on column mart.fact_timesheets.timesheet_number is 'The line''s own id at the vendor.';
comment on column mart.fact_timesheets.date is 'The day on which they were worked.';
comment on column mart.fact_timesheets.date_key is 'The same day in dim_date.';
comment on column mart.fact_timesheets.employee_key is 'Who worked.';
comment on column mart.fact_timesheets.employee_name is 'Who worked.';
comment on column mart.fact_timesheets.project_key is 'For which project.';
comment on column mart.fact_timesheets.project_number is 'For which project.';
comment on column mart.fact_timesheets.project_name is 'For which project.';
comment on column mart.fact_timesheets.activity is 'What was done.';
comment on column mart.fact_timesheets.time_type is 'Ordinary hours, overtime and the like.';
comment on column mart.fact_timesheets.text is 'What the person wrote.';
comment on column mart.fact_timesheets.hours is 'Hours worked.';
comment on column mart.fact_timesheets.currency is 'Of revenue and cost.';
comment on column mart.fact_timesheets.is_approved is 'Somebody has approved them.';
comment on column mart.fact_timesheets.is_invoiced is 'They are on an invoice.';
comment on column mart.fact_timesheets.is_posted is 'They are in the ledger.';
comment on column mart.fact_timesheets.invoice_hours is 'Hours that are, or are to be, invoiced.';
comment on column mart.fact_timesheets.revenue is 'invoice_hours at the hourly price, rounded once to two decimals.';
comment on column mart.fact_timesheets.cost is 'hours at the hourly cost, rounded once to two decimals.';
comment on column mart.fact_timesheets.approved_at is 'When, in UTC.';
grant select on mart.fact_timesheets to powerbi;
