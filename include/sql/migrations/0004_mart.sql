-- Dimensions and facts for reports. Every key column of a fact is NOT NULL: -1 unknown (a number was
-- given, its row is missing), -2 unmapped, -3 not applicable (none was given).

create table mart.dim_agreement (
    agreement_key bigint primary key,
    agreement_id text not null unique,
    name text not null,
    company text,
    vendor text not null,
    base_currency text not null,
    country text
);

create table mart.dim_date (
    date_key integer primary key,
    date date not null unique,
    year integer not null,
    quarter integer not null,
    month integer not null,
    month_name text not null,
    week integer not null,
    weekday integer not null,
    is_month_end boolean not null
);

create table mart.dim_account (
    account_key bigint primary key,
    agreement_key bigint not null,
    account_number text not null,
    name text not null,
    account_type text not null,
    is_balance_sheet boolean,
    section text,
    sort_order integer not null,
    group_account_number text,
    group_account_name text,
    report_line text,
    is_deleted boolean not null
);

create table mart.dim_period (
    period_key bigint primary key,
    agreement_key bigint not null,
    accounting_year text,
    period integer,
    start_date date,
    end_date date,
    is_closed boolean not null
);

create table mart.dim_customer (
    customer_key bigint primary key,
    agreement_key bigint not null,
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
    is_deleted boolean not null
);

create table mart.dim_supplier (
    supplier_key bigint primary key,
    agreement_key bigint not null,
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
    is_deleted boolean not null
);

create table mart.dim_department (
    department_key bigint primary key,
    agreement_key bigint not null,
    department_number text not null,
    name text not null,
    is_barred boolean not null,
    is_distribution boolean not null,
    is_deleted boolean not null
);

create index on mart.dim_account (agreement_key);
create index on mart.dim_period (agreement_key);
create index on mart.dim_customer (agreement_key);
create index on mart.dim_supplier (agreement_key);
create index on mart.dim_department (agreement_key);

create table mart.fact_journal_entries (
    journal_entry_key bigint primary key,
    agreement_key bigint not null,
    agreement_id text not null,
    entry_number text not null,
    voucher_key bigint not null,
    voucher_number text,
    journal_number text,
    entry_type text not null,
    event_type text not null,
    date date not null,
    date_key integer not null,
    accounting_year text,
    period integer,
    period_key bigint not null,
    account_key bigint not null,
    account_number text not null,
    account_name text,
    department_key bigint not null,
    department_number text,
    project_key bigint not null,
    customer_key bigint not null,
    supplier_key bigint not null,
    vat_key bigint not null,
    vat_code text,
    text text,
    currency text not null,
    amount numeric(19, 4) not null,
    base_currency text not null,
    amount_base numeric(19, 4) not null,
    due_date date,
    remainder numeric(19, 4),
    remainder_base numeric(19, 4),
    invoice_number text,
    is_opening boolean not null,
    document_key bigint not null,
    has_pdf boolean not null
);
-- Power BI imports by date range of one agreement or of all; the facts task finds rows by entry.
create unique index on mart.fact_journal_entries (agreement_id, entry_number);
create index on mart.fact_journal_entries (agreement_key, date);
create index on mart.fact_journal_entries using brin (date);
create index on mart.fact_journal_entries (agreement_id, date);

create view mart.fact_accounting as
select
    f.journal_entry_key as accounting_key,
    f.agreement_key,
    f.agreement_id,
    a.vendor,
    f.event_type,
    'ledger_entry'::text as source_entity,
    f.entry_number as source_key,
    f.date,
    f.date_key,
    f.accounting_year,
    f.period,
    f.account_key,
    f.account_number,
    f.department_key,
    f.project_key,
    f.customer_key,
    f.supplier_key,
    -3::bigint as employee_key,
    f.voucher_number,
    f.invoice_number,
    f.text,
    f.currency,
    f.amount,
    f.base_currency,
    f.amount_base,
    f.is_opening,
    f.document_key,
    f.has_pdf
from mart.fact_journal_entries as f
inner join mart.dim_agreement as a on a.agreement_key = f.agreement_key;

create view mart.sync_status as
-- Facts are as fresh as the last run that read the ledger whole and brought it into the facts.
with data as (
    select
        f.agreement_id,
        max(f.finished_at) as as_of
    from ops.sync_run as f
    inner join ops.sync_run as e
        on e.agreement_id = f.agreement_id
        and e.run_id = f.run_id
        and e.entity = 'entries'
        and e.status = 'success'
        and e.mode <> 'window'
        and e.finished_at <= f.finished_at
    where f.entity = 'facts' and f.status = 'success'
    group by f.agreement_id
),

latest_proof as (
    select distinct on (p.agreement_id)
        p.agreement_id,
        p.run_id,
        p.checked_at
    from ops.proof as p
    order by p.agreement_id, p.checked_at desc, p.proof_id desc
),
proven as (
    select
        p.agreement_id,
        max(p.checked_at) as checked_at,
        sum(abs(p.difference)) as difference
    from ops.proof as p
    inner join latest_proof as l on l.agreement_id = p.agreement_id and l.run_id = p.run_id
    group by p.agreement_id
)
select
    a.agreement_key,
    a.agreement_id,
    a.name as agreement,
    d.as_of at time zone 'utc' as data_as_of,
    p.checked_at at time zone 'utc' as last_proven,
    p.difference::numeric(19, 4) as difference
from mart.dim_agreement as a
left join data as d on d.agreement_id = a.agreement_id
left join proven as p on p.agreement_id = a.agreement_id
where a.agreement_key > 0;

-- The members every dimension has.

insert into mart.dim_agreement (agreement_key, agreement_id, name, vendor, base_currency) values
    (-1, '(unknown)', 'Unknown', '', ''),
    (-2, '(unmapped)', 'Unmapped', '', ''),
    (-3, '(none)', 'Not applicable', '', '');

insert into mart.dim_account (
    account_key, agreement_key, account_number, name, account_type, sort_order, is_deleted
) values
    (-1, -1, '(unknown)', 'Unknown', '', 0, false),
    (-2, -1, '(unmapped)', 'Unmapped', '', 0, false),
    (-3, -1, '(none)', 'Not applicable', '', 0, false);

insert into mart.dim_period (period_key, agreement_key, is_closed) values
    (-1, -1, false),
    (-2, -1, false),
    (-3, -1, false);

insert into mart.dim_customer (
    customer_key, agreement_key, customer_number, name, is_barred, is_deleted
) values
    (-1, -1, '(unknown)', 'Unknown', false, false),
    (-2, -1, '(unmapped)', 'Unmapped', false, false),
    (-3, -1, '(none)', 'Not applicable', false, false);

insert into mart.dim_supplier (
    supplier_key, agreement_key, supplier_number, name, is_barred, is_deleted
) values
    (-1, -1, '(unknown)', 'Unknown', false, false),
    (-2, -1, '(unmapped)', 'Unmapped', false, false),
    (-3, -1, '(none)', 'Not applicable', false, false);

insert into mart.dim_department (
    department_key, agreement_key, department_number, name, is_barred, is_distribution, is_deleted
) values
    (-1, -1, '(unknown)', 'Unknown', false, false, false),
    (-2, -1, '(unmapped)', 'Unmapped', false, false, false),
    (-3, -1, '(none)', 'Not applicable', false, false, false);

insert into mart.dim_date
select
    to_char(d, 'yyyymmdd')::integer as date_key,
    d::date as date,
    extract(year from d)::integer as year,
    extract(quarter from d)::integer as quarter,
    extract(month from d)::integer as month,
    (array['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September',
        'October', 'November', 'December'])[extract(month from d)::integer] as month_name,
    extract(week from d)::integer as week,
    extract(isodow from d)::integer as weekday,
    d::date = (date_trunc('month', d) + interval '1 month - 1 day')::date as is_month_end
from generate_series('1990-01-01'::timestamp, '2069-12-31'::timestamp, interval '1 day') as d;

-- Power BI may read the mart and nothing else, and not for ever.

grant usage on schema mart to powerbi;
grant select on all tables in schema mart to powerbi;
alter default privileges in schema mart grant select on tables to powerbi;
do $$
begin
    execute format('alter role powerbi in database %I set statement_timeout = ''15min''', current_database());
    execute format('alter role powerbi in database %I set default_transaction_read_only = on', current_database());
    execute format('alter role powerbi in database %I set idle_in_transaction_session_timeout = ''5min''', current_database());
    execute format('alter role powerbi in database %I set search_path = mart', current_database());
    execute format('grant connect on database %I to powerbi', current_database());
exception
    -- A role an administrator made may only be changed by one: these settings are theirs to make.
    when insufficient_privilege then
        raise warning 'role powerbi belongs to somebody else: ask an administrator to set statement_timeout, default_transaction_read_only and search_path = mart for it';
end
$$;
