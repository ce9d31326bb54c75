-- Dimensions and facts of the rest of the ledger. Receivables and payables are the ledger's own lines on
-- the accounts of customers and suppliers: their key is the line's.

create table mart.dim_employee (
    employee_key bigint primary key,
    agreement_key bigint not null,
    employee_number text not null,
    name text not null,
    group_number text,
    email text,
    is_barred boolean not null,
    is_deleted boolean not null
);

create table mart.dim_vat (
    vat_key bigint primary key,
    agreement_key bigint not null,
    vat_number text not null,
    name text not null,
    rate_percent numeric(18, 8),
    vat_type text,
    account_number text,
    is_barred boolean not null,
    is_deleted boolean not null
);

create table mart.dim_payment_terms (
    payment_terms_key bigint primary key,
    agreement_key bigint not null,
    payment_terms_number text not null,
    name text not null,
    payment_terms_type text not null,
    days_of_credit integer,
    is_deleted boolean not null
);

create table mart.bridge_department (
    agreement_key bigint not null,
    department_key bigint not null,
    part_department_key bigint not null,
    share numeric(18, 8) not null,
    primary key (department_key, part_department_key)
);

alter table mart.dim_customer
    add column group_name text,
    add column payment_terms_key bigint not null default -3,
    add column payment_terms_name text,
    add column vat_zone_name text;
alter table mart.dim_supplier
    add column group_name text,
    add column payment_terms_key bigint not null default -3,
    add column payment_terms_name text,
    add column vat_zone_name text;

create index on mart.dim_employee (agreement_key);
create index on mart.dim_vat (agreement_key);
create index on mart.dim_payment_terms (agreement_key);
create index on mart.bridge_department (agreement_key);

create table mart.fact_receivables (
    receivable_key bigint primary key,
    agreement_key bigint not null,
    agreement_id text not null,
    entry_number text not null,
    voucher_key bigint not null,
    voucher_number text,
    entry_type text not null,
    event_type text not null,
    date date not null,
    date_key integer not null,
    accounting_year text,
    period integer,
    account_key bigint not null,
    account_number text not null,
    customer_key bigint not null,
    customer_number text not null,
    customer_name text,
    invoice_number text,
    due_date date,
    text text,
    currency text not null,
    amount numeric(19, 4) not null,
    base_currency text not null,
    amount_base numeric(19, 4) not null,
    remainder numeric(19, 4),
    remainder_base numeric(19, 4),
    is_settled boolean not null
);
create unique index on mart.fact_receivables (agreement_id, entry_number);
create index on mart.fact_receivables (agreement_id, customer_number);

create table mart.fact_payables (
    payable_key bigint primary key,
    agreement_key bigint not null,
    agreement_id text not null,
    entry_number text not null,
    voucher_key bigint not null,
    voucher_number text,
    entry_type text not null,
    event_type text not null,
    date date not null,
    date_key integer not null,
    accounting_year text,
    period integer,
    account_key bigint not null,
    account_number text not null,
    supplier_key bigint not null,
    supplier_number text not null,
    supplier_name text,
    invoice_number text,
    due_date date,
    text text,
    currency text not null,
    amount numeric(19, 4) not null,
    base_currency text not null,
    amount_base numeric(19, 4) not null,
    remainder numeric(19, 4),
    remainder_base numeric(19, 4),
    is_settled boolean not null
);
create unique index on mart.fact_payables (agreement_id, entry_number);
create index on mart.fact_payables (agreement_id, supplier_number);

create table mart.fact_account_balance_month (
    agreement_key bigint not null,
    agreement_id text not null,
    account_key bigint not null,
    account_number text not null,
    account_name text,
    department_key bigint not null,
    department_number text,
    month date not null,
    accounting_year text,
    base_currency text not null,
    opening_base numeric(19, 4) not null,
    movement_base numeric(19, 4) not null,
    closing_base numeric(19, 4) not null,
    primary key (agreement_key, account_key, department_key, month)
);
create index on mart.fact_account_balance_month (agreement_key, month);

create table mart.fact_draft_entries (
    draft_entry_key bigint primary key,
    agreement_key bigint not null,
    agreement_id text not null,
    draft_number text not null,
    journal_number text not null,
    journal_name text,
    voucher_number text,
    entry_type text not null,
    event_type text not null,
    date date not null,
    date_key integer not null,
    account_key bigint not null,
    account_number text,
    account_name text,
    contra_account_key bigint not null,
    contra_account_number text,
    customer_key bigint not null,
    supplier_key bigint not null,
    project_key bigint not null,
    vat_key bigint not null,
    vat_code text,
    text text,
    currency text not null,
    amount numeric(19, 4) not null,
    base_currency text not null,
    amount_base numeric(19, 4),
    due_date date,
    invoice_number text
);
create unique index on mart.fact_draft_entries (agreement_id, draft_number);

-- Lines that name a member nobody knows yet: they are few, and looked at again when members come.
create index fact_journal_entries_unknown on mart.fact_journal_entries (agreement_id)
where department_key = -1 or customer_key = -1 or supplier_key = -1 or vat_key = -1;

-- Ageing depends on a day, so it is never stored: both are asked for a day and read the open postings.

create function mart.receivables_ageing(as_of date)
returns table (
    agreement_key bigint, customer_key bigint, customer_number text, customer_name text,
    invoice_number text, date date, due_date date, base_currency text, remainder_base numeric,
    days_overdue integer, bucket text
)
language sql stable
begin atomic
    select
        r.agreement_key, r.customer_key, r.customer_number, r.customer_name, r.invoice_number,
        r.date, r.due_date, r.base_currency, r.remainder_base,
        greatest(0, $1 - coalesce(r.due_date, r.date)) as days_overdue,
        case
            when $1 <= coalesce(r.due_date, r.date) then 'not due'
            when $1 - coalesce(r.due_date, r.date) <= 30 then '1-30'
            when $1 - coalesce(r.due_date, r.date) <= 60 then '31-60'
            when $1 - coalesce(r.due_date, r.date) <= 90 then '61-90'
            else 'over 90'
        end as bucket
    from mart.fact_receivables as r
    where not r.is_settled and r.date <= $1;
end;

create function mart.payables_ageing(as_of date)
returns table (
    agreement_key bigint, supplier_key bigint, supplier_number text, supplier_name text,
    invoice_number text, date date, due_date date, base_currency text, remainder_base numeric,
    days_overdue integer, bucket text
)
language sql stable
begin atomic
    select
        p.agreement_key, p.supplier_key, p.supplier_number, p.supplier_name, p.invoice_number,
        p.date, p.due_date, p.base_currency, p.remainder_base,
        greatest(0, $1 - coalesce(p.due_date, p.date)) as days_overdue,
        case
            when $1 <= coalesce(p.due_date, p.date) then 'not due'
            when $1 - coalesce(p.due_date, p.date) <= 30 then '1-30'
            when $1 - coalesce(p.due_date, p.date) <= 60 then '31-60'
            when $1 - coalesce(p.due_date, p.date) <= 90 then '61-90'
            else 'over 90'
        end as bucket
    from mart.fact_payables as p
    where not p.is_settled and p.date <= $1;
end;

grant execute on function mart.receivables_ageing(date), mart.payables_ageing(date) to powerbi;

insert into mart.dim_employee (
    employee_key, agreement_key, employee_number, name, is_barred, is_deleted
) values
    (-1, -1, '(unknown)', 'Unknown', false, false),
    (-2, -1, '(unmapped)', 'Unmapped', false, false),
    (-3, -1, '(none)', 'Not applicable', false, false);

insert into mart.dim_vat (vat_key, agreement_key, vat_number, name, is_barred, is_deleted) values
    (-1, -1, '(unknown)', 'Unknown', false, false),
    (-2, -1, '(unmapped)', 'Unmapped', false, false),
    (-3, -1, '(none)', 'Not applicable', false, false);

insert into mart.dim_payment_terms (
    payment_terms_key, agreement_key, payment_terms_number, name, payment_terms_type, is_deleted
) values
    (-1, -1, '(unknown)', 'Unknown', '', false),
    (-2, -1, '(unmapped)', 'Unmapped', '', false),
    (-3, -1, '(none)', 'Not applicable', '', false);

insert into mart.bridge_department (agreement_key, department_key, part_department_key, share) values
    (-1, -1, -1, 1),
    (-1, -2, -2, 1),
    (-1, -3, -3, 1);

-- The next run of every agreement looks at everything once, for the tables and columns that are new.
delete from ops.progress where consumer = 'mart';

comment on table mart.dim_employee is 'Employees of an agreement.';
comment on table mart.dim_vat is 'VAT codes of an agreement.';
comment on column mart.dim_vat.vat_number is 'The vendor''s VAT code.';
comment on column mart.dim_vat.rate_percent is 'Rate in percent.';
comment on column mart.dim_vat.vat_type is 'The vendor''s type of VAT codes, by name.';
comment on column mart.dim_vat.account_number is 'Account the VAT is posted on.';
comment on table mart.dim_payment_terms is 'Payment terms of an agreement.';
comment on column mart.dim_payment_terms.payment_terms_type is 'The vendor''s type in snake_case: net, invoice_month, paid_in_cash and so on.';
comment on column mart.dim_payment_terms.days_of_credit is 'Days until payment; NULL where the type has none.';
comment on table mart.bridge_department is
    'What each department of the facts consists of: itself, or the shares of a distribution. Shares add up to 1.';
comment on column mart.bridge_department.department_key is 'The department or distribution the facts show: dim_department.';
comment on column mart.bridge_department.part_department_key is 'A department it consists of: dim_department.';
comment on column mart.bridge_department.share is 'Share of that department, 0 to 1.';
comment on table mart.fact_receivables is
    'One posting on a customer''s account. Debit positive: what the customer owes. Settled or not: is_settled.';
comment on column mart.fact_receivables.receivable_key is 'Surrogate key, stable across rebuilds; that of the posted line.';
comment on column mart.fact_receivables.customer_name is 'The customer''s name now.';
comment on column mart.fact_receivables.is_settled is 'Nothing is left to pay or match.';
comment on table mart.fact_payables is
    'One posting on a supplier''s account. Credit negative: what is owed to the supplier. Settled or not: is_settled.';
comment on column mart.fact_payables.payable_key is 'Surrogate key, stable across rebuilds; that of the posted line.';
comment on column mart.fact_payables.supplier_name is 'The supplier''s name now.';
comment on column mart.fact_payables.is_settled is 'Nothing is left to pay or match.';
comment on table mart.fact_account_balance_month is
    'Balance of an account and department at the start and end of every month, from its first posting to the newest month of the books. Debit positive.';
comment on column mart.fact_account_balance_month.month is 'First day of the month.';
comment on column mart.fact_account_balance_month.opening_base is
    'Balance at the start of the month, opening entries of the month included. Profit and loss starts every accounting year at 0.';
comment on column mart.fact_account_balance_month.movement_base is 'Postings of the month without opening entries.';
comment on column mart.fact_account_balance_month.closing_base is 'opening_base + movement_base.';
comment on column mart.fact_account_balance_month.account_name is 'The account''s name now.';
comment on table mart.fact_draft_entries is
    'One line of a journal that is not posted yet. Debit positive. Nothing of it is in fact_journal_entries.';
comment on column mart.fact_draft_entries.draft_entry_key is 'Surrogate key, stable across rebuilds.';
comment on column mart.fact_draft_entries.draft_number is 'The vendor''s number of the line.';
comment on column mart.fact_draft_entries.journal_name is 'The journal''s name now.';
comment on column mart.fact_draft_entries.contra_account_key is 'The account the other side will be posted on: dim_account. -3 when none is given.';
comment on column mart.fact_draft_entries.contra_account_number is 'Its number.';
comment on column mart.fact_draft_entries.account_name is 'The account''s name now.';
comment on column mart.fact_draft_entries.amount_base is 'round(amount x rate / 100, 2), half away from zero; NULL where a foreign line has no rate yet.';
comment on function mart.receivables_ageing(date) is 'Open receivables by days overdue on a day, by their remainder now.';
comment on function mart.payables_ageing(date) is 'Open payables by days overdue on a day, by their remainder now.';

do $$
declare
    said record;
    place record;
begin
    for said in
        select * from (values
            ('agreement_key', 'The agreement: dim_agreement. -1 on the members unknown, unmapped and not applicable.'),
            ('agreement_id', 'The agreement''s id, as in its file.'),
            ('account_key', 'The account: dim_account. -1 when its number is not in the chart, -3 when none is given.'),
            ('customer_key', 'The customer: dim_customer. -1 when nobody has the number, -3 when none is given.'),
            ('supplier_key', 'The supplier: dim_supplier. -1 when nobody has the number, -3 when none is given.'),
            ('department_key', 'The department: dim_department. -1 unknown, -3 when none is given.'),
            ('employee_key', 'The employee: dim_employee. -1 unknown, -3 when none is given.'),
            ('vat_key', 'The VAT code: dim_vat. -1 unknown, -3 when none is given.'),
            ('project_key', 'The project. -1 unknown, -3 when none is given.'),
            ('payment_terms_key', 'The payment terms: dim_payment_terms. -1 unknown, -3 when none is given.'),
            ('voucher_key', 'One value per (agreement, accounting year, voucher number).'),
            ('voucher_number', 'The vendor''s voucher number; restarts every accounting year.'),
            ('entry_number', 'The vendor''s number of the posted line.'),
            ('entry_type', 'The vendor''s type in snake_case.'),
            ('event_type', 'sales_invoice, supplier_invoice, payment, journal_entry, reminder, opening_balance or system.'),
            ('journal_number', 'The vendor''s journal.'),
            ('date', 'Posting date.'),
            ('date_key', 'The date as yyyymmdd: dim_date.'),
            ('accounting_year', 'Accounting year as the vendor writes it, e.g. 2025/2026; NULL if none contains the date.'),
            ('period', '1..n within the accounting year.'),
            ('account_number', 'The vendor''s account number, as text.'),
            ('customer_number', 'The vendor''s customer number, as text.'),
            ('supplier_number', 'The vendor''s supplier number, as text.'),
            ('department_number', 'The vendor''s department number, as text; D|n is a distribution.'),
            ('employee_number', 'The vendor''s employee number, as text.'),
            ('payment_terms_number', 'The vendor''s number of the terms, as text.'),
            ('payment_terms_name', 'The payment terms'' name now.'),
            ('vat_zone_name', 'The vendor''s VAT zone, by name.'),
            ('group_number', 'The vendor''s group.'),
            ('group_name', 'The vendor''s group of customers or suppliers, by name.'),
            ('vat_code', 'The vendor''s VAT code.'),
            ('name', 'Name as the vendor has it now.'),
            ('email', 'Mail address.'),
            ('text', 'The line''s text.'),
            ('invoice_number', 'The customer''s invoice number, else the supplier''s, as text with leading zeros.'),
            ('due_date', 'When an invoice is due.'),
            ('currency', 'ISO 4217 code.'),
            ('base_currency', 'ISO 4217 code of the agreement''s own currency.'),
            ('amount', 'In the line''s currency. Debit positive.'),
            ('amount_base', 'In base currency. Debit positive.'),
            ('remainder', 'What is still open, in the line''s currency; NULL where it cannot be matched.'),
            ('remainder_base', 'What is still open, in base currency; NULL where it cannot be matched.'),
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
                and c.relkind in ('r', 'v')
                and a.attnum > 0
                and a.attname = said.column_name
                and col_description(c.oid, a.attnum) is null
        loop
            execute format('comment on column %s.%I is %L', place.relation, place.attname, said.meaning);
        end loop;
    end loop;
end
$$;
comment on column mart.fact_journal_entries.department_key is 'The department (dimension 1): dim_department. -1 unknown, -3 when none is given.';
comment on column mart.fact_journal_entries.vat_key is 'The VAT code: dim_vat. -1 unknown, -3 when none is given.';
