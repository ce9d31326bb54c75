-- What is personal, and the same mart without it: mart_masked, whose views are made from the catalogue. docs/rights.md

create schema mart_masked;
comment on schema mart_masked is 'The mart for log-ins that may not see what is personal: the same names, the same totals.';

do $$
begin
    create role saldo_masked nologin;
exception
    when duplicate_object or unique_violation then null;
    when insufficient_privilege then
        if not exists (select from pg_roles where rolname = 'saldo_masked') then
            raise warning 'the role saldo_masked is missing and may not be made here: before you give out log-ins that may not see what is personal, ask an administrator to run: create role saldo_masked nologin';
        end if;
end
$$;

create table ops.personal_account (
    agreement_id text not null,
    first_number text not null,
    last_number text not null,
    primary key (agreement_id, first_number, last_number)
);
comment on table ops.personal_account is
    'Accounts on which salaries are posted, say: personal_accounts of the agreements'' files.';
comment on column ops.personal_account.agreement_id is 'Whose chart of accounts.';
comment on column ops.personal_account.first_number is 'The account, or the first of a range of numbers.';
comment on column ops.personal_account.last_number is 'The same, or the last of the range, included.';

create table ops.personal_column (
    table_name text not null,
    column_name text not null,
    is_personal text not null check (is_personal in ('never', 'always', 'posting')),
    shown text,
    primary key (table_name, column_name)
);
comment on table ops.personal_column is
    'Which columns of the mart are personal. Text that is not listed counts as personal, until a migration lists it.';
comment on column ops.personal_column.table_name is 'Table of the mart; * for every one that has no row of its own.';
comment on column ops.personal_column.column_name is 'The column.';
comment on column ops.personal_column.is_personal is
    'never; always; posting: in the rows of vouchers and documents with a line on a personal account.';
comment on column ops.personal_column.shown is 'What mart_masked shows in its place; NULL: nothing.';

insert into ops.personal_column (table_name, column_name, is_personal, shown)
select '*', c, 'never', null
from unnest(string_to_array(
    'account_name account_number account_type accounting_year activity address agreement agreement_id attached_document_number '
    'bar_code base_currency city company config_id contra_account_number country currency department_name department_number '
    'dimension_member_number dimension_name document_number draft_number entry_number entry_type event_type exported_file '
    'group_account_name group_account_number group_name group_number journal_name journal_number kind line_id line_kind '
    'main_project_number month_name name order_number payment_status payment_terms_name payment_terms_number payment_terms_type '
    'product_name product_number project_name project_number quote_currency registration_number report_line scenario section '
    'source source_cell source_entity source_file source_sheet source_key state status timesheet_number unit unit_name unit_number '
    'user_name vat_code vat_number vat_type vat_zone_name vendor voucher_number zip', ' '
)) as c;
insert into ops.personal_column (table_name, column_name, is_personal, shown) values
    ('*', 'text', 'posting', '(hidden)'),
    ('*', 'description', 'posting', '(hidden)'),
    ('*', 'reference', 'posting', '(hidden)'),
    ('*', 'note', 'posting', '(hidden)'),
    ('*', 'pdf_url', 'posting', null),
    ('*', 'invoice_number', 'posting', '(hidden)'),
    ('*', 'supplier_key', 'posting', '-3'),
    ('*', 'supplier_number', 'posting', '(hidden)'),
    ('*', 'supplier_name', 'posting', '(hidden)'),
    ('*', 'customer_key', 'posting', '-3'),
    ('*', 'customer_number', 'posting', '(hidden)'),
    ('*', 'customer_name', 'posting', '(hidden)'),
    ('*', 'document_key', 'posting', '-3'),
    ('*', 'has_pdf', 'posting', 'false'),
    ('*', 'dimension_member_key', 'posting', '-3'),
    ('*', 'email', 'always', '(hidden)'),
    ('*', 'employee_name', 'always', '(hidden)'),
    ('*', 'employee_number', 'always', '(hidden)'),
    ('dim_employee', 'name', 'always', '(hidden)'),
    ('dim_document', 'document_key', 'never', null),
    ('dim_document', 'has_pdf', 'never', null),
    ('dim_customer', 'customer_key', 'never', null),
    ('dim_customer', 'customer_number', 'never', null),
    ('dim_supplier', 'supplier_key', 'never', null),
    ('dim_supplier', 'supplier_number', 'never', null),
    ('dim_product', 'description', 'never', null),
    ('dim_project', 'customer_key', 'never', null),
    ('dim_dimension_member', 'dimension_member_key', 'never', null),
    ('fact_timesheets', 'text', 'always', '(hidden)'),
    -- It may say that somebody was ill.
    ('fact_timesheets', 'time_type', 'always', '(hidden)');

create function mart_masked.agreements_to_read() returns bigint []
language sql stable parallel safe security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select ops.agreements_of(ops.who_asks(), false);
end;
comment on function mart_masked.agreements_to_read() is
    'Keys of the agreements that whoever asks may read, and of the members unknown, unmapped and not applicable.';

create function mart_masked.may_read_user(name text) returns boolean
language sql stable parallel safe security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select ops.sees_all(ops.who_asks()) or exists (
        select from ops.reader as r where r.login = ops.who_asks() and (r.all_agreements or r.user_name = $1)
    );
end;
comment on function mart_masked.may_read_user(text) is 'Whether whoever asks may know what another reader reads.';

-- Rows that are personal. Of agreements that whoever asks may read: others are in none of the views.
create view ops.personal_account_key as
select
    a.account_key,
    a.agreement_key
from ops.personal_account as p
inner join mart.dim_agreement as g on g.agreement_id = p.agreement_id
inner join mart.dim_account as a on a.agreement_key = g.agreement_key
where g.agreement_key = any((select mart_masked.agreements_to_read())::bigint [])
    and (
        a.account_number = p.first_number
        or (
            a.account_number ~ '^[0-9]{1,40}$'
            and p.first_number ~ '^[0-9]{1,40}$'
            and lpad(a.account_number, 40, '0') between lpad(p.first_number, 40, '0') and lpad(p.last_number, 40, '0')
        )
    );
-- All lines without a voucher have one key here: where one of them is personal, all are.
create view ops.personal_voucher as
select distinct f.voucher_key
from ops.personal_account_key as a
inner join mart.fact_journal_entries as f
    on f.account_key = a.account_key
    and f.agreement_key = a.agreement_key;
create view ops.personal_entry as
select f.journal_entry_key
from mart.fact_journal_entries as f
inner join ops.personal_voucher as v on v.voucher_key = f.voucher_key
group by f.journal_entry_key;
create view ops.personal_draft as
select distinct f.draft_entry_key
from mart.fact_draft_entries as f
inner join mart.fact_draft_entries as o
    on o.agreement_key = f.agreement_key
    and o.journal_number = f.journal_number
    and coalesce(o.voucher_number, o.draft_number) = coalesce(f.voucher_number, f.draft_number)
inner join ops.personal_account_key as a on a.account_key in (o.account_key, o.contra_account_key);
create view ops.personal_purchase_line as
select distinct f.purchase_line_key
from mart.fact_purchase_documents as f
inner join mart.fact_purchase_documents as o
    on o.agreement_key = f.agreement_key
    and o.document_number = f.document_number
inner join ops.personal_account_key as a on a.account_key = o.account_key;
create view ops.personal_document as
select f.document_key
from mart.fact_journal_entries as f
inner join ops.personal_entry as p on p.journal_entry_key = f.journal_entry_key
where f.document_key > 0
union
select f.document_key
from mart.fact_purchase_documents as f
inner join ops.personal_purchase_line as p on p.purchase_line_key = f.purchase_line_key
where f.document_key > 0;

comment on view ops.personal_account_key is 'Accounts that are personal.';
comment on column ops.personal_account_key.account_key is 'The account: mart.dim_account.';
comment on column ops.personal_account_key.agreement_key is 'Whose: mart.dim_agreement.';
comment on view ops.personal_voucher is 'Vouchers with a line on a personal account.';
comment on column ops.personal_voucher.voucher_key is 'As in mart.fact_journal_entries.';
comment on view ops.personal_entry is 'The lines of these vouchers.';
comment on column ops.personal_entry.journal_entry_key is 'The line: mart.fact_journal_entries.';
comment on view ops.personal_draft is 'Lines of drafts one of which is for a personal account.';
comment on column ops.personal_draft.draft_entry_key is 'The line: mart.fact_draft_entries.';
comment on view ops.personal_purchase_line is 'Lines of purchase documents one of which is on a personal account.';
comment on column ops.personal_purchase_line.purchase_line_key is 'The line: mart.fact_purchase_documents.';
comment on view ops.personal_document is 'The documents of all these.';
comment on column ops.personal_document.document_key is 'The document: mart.dim_document.';

create table ops.personal_row (
    table_name text primary key,
    column_name text not null,
    said_by text not null
);
comment on table ops.personal_row is 'How a table of the mart tells its personal rows.';
comment on column ops.personal_row.table_name is 'Table of the mart.';
comment on column ops.personal_row.column_name is 'The column by which they are known.';
comment on column ops.personal_row.said_by is 'The view of ops that has its values.';
insert into ops.personal_row (table_name, column_name, said_by) values
    ('fact_journal_entries', 'voucher_key', 'personal_voucher'),
    ('bridge_entry_dimension', 'journal_entry_key', 'personal_entry'),
    ('fact_receivables', 'voucher_key', 'personal_voucher'),
    ('fact_payables', 'voucher_key', 'personal_voucher'),
    ('fact_draft_entries', 'draft_entry_key', 'personal_draft'),
    ('fact_purchase_documents', 'purchase_line_key', 'personal_purchase_line'),
    ('dim_document', 'document_key', 'personal_document');

-- So that its text can be made to read the masked tables, as those of the other functions.
create or replace function mart.exchange_rate_on(source text, from_currency text, to_currency text, day date)
returns numeric
language sql stable parallel safe
begin atomic
    with near as (
        select
            r.base_currency,
            r.quote_currency,
            r.rate_date,
            r.rate
        from mart.exchange_rate_day as r
        where r.source = $1
            and r.rate_date <= $4
            -- No bank closes for longer: a currency that is no longer published has no rate.
            and (r.rate_date > $4 - 10 or $1 like 'file:%')
            and (r.base_currency in ($2, $3) or r.quote_currency in ($2, $3))
    ),

    found as (
        select
            n.rate_date,
            1 as place,
            n.rate
        from near as n
        where n.base_currency = $2 and n.quote_currency = $3
        union all
        select
            n.rate_date,
            2 as place,
            1 / n.rate as rate
        from near as n
        where n.base_currency = $3 and n.quote_currency = $2
        union all
        select
            a.rate_date,
            3 as place,
            b.rate / a.rate as rate
        from near as a
        inner join near as b
            on b.rate_date = a.rate_date
            and b.base_currency = a.base_currency
        where a.quote_currency = $2 and b.quote_currency = $3 and $1 not like 'file:%'
        union all
        select
            a.rate_date,
            3 as place,
            a.rate / b.rate as rate
        from near as a
        inner join near as b
            on b.rate_date = a.rate_date
            and b.quote_currency = a.quote_currency
        where a.base_currency = $2 and b.base_currency = $3 and $1 not like 'file:%'
    )

    select case
        when $2 = $3 then 1
        else (select round(f.rate, 10) from found as f order by f.rate_date desc, f.place limit 1)
    end;
end;

create function ops.masked_select(of_table regclass) returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    called text := (select c.relname from pg_class as c where c.oid = of_table);
    place ops.personal_row := (select r from ops.personal_row as r where r.table_name = called);
    has_account boolean := exists (select from pg_attribute as a where a.attrelid = of_table and a.attname = 'account_key' and not a.attisdropped);
    has_agreement boolean := exists (select from pg_attribute as a where a.attrelid = of_table and a.attname = 'agreement_key' and not a.attisdropped);
    is_everybodys boolean := exists (select from pg_policy as p where p.polrelid = of_table and p.polname = 'own_rows');
    given text;
begin
    select string_agg(
        case coalesce(
            own.is_personal, all_tables.is_personal,
            case when a.atttypid in ('text'::regtype, 'jsonb'::regtype) then 'always' else 'never' end
        )
            when 'never' then format('t.%I', a.attname)
            when 'always' then format('%L::%s as %I', said.shown, format_type(a.atttypid, a.atttypmod), a.attname)
            else case
                when place.said_by is not null then format(
                    'case when p.%I is null then t.%I else %L::%s end as %I',
                    place.column_name, a.attname, said.shown, format_type(a.atttypid, a.atttypmod), a.attname
                )
                -- Nobody has said which of its postings are personal.
                when has_account then format('%L::%s as %I', said.shown, format_type(a.atttypid, a.atttypmod), a.attname)
                else format('t.%I', a.attname)
            end
        end,
        ', ' order by a.attnum
    )
    into given
    from pg_attribute as a
    left join ops.personal_column as own on own.table_name = called and own.column_name = a.attname
    left join ops.personal_column as all_tables on all_tables.table_name = '*' and all_tables.column_name = a.attname
    cross join lateral (
        select case when own.column_name is null then all_tables.shown else own.shown end as shown
    ) as said
    where a.attrelid = of_table and a.attnum > 0 and not a.attisdropped;
    return format('select %s from mart.%I as t', given, called)
        || case
            when place.said_by is not null
            then format(' left join ops.%I as p on p.%I = t.%I', place.said_by, place.column_name, place.column_name)
            else ''
        end
        || case
            when has_agreement
            then ' where t.agreement_key = any((select mart_masked.agreements_to_read())::bigint [])'
            when is_everybodys then ''
            else ' where ops.sees_all(ops.who_asks())'
        end
        || case when called = 'bridge_user_agreement' then ' and mart_masked.may_read_user(t.user_name)' else '' end;
end
$$;
comment on function ops.masked_select(regclass) is 'The SELECT of a view of mart_masked over a table of the mart.';

create function ops.put_masked_view(called name, body text) returns void
language plpgsql
as $$
begin
    execute format('create or replace view mart_masked.%I with (security_barrier = true) as %s', called, body);
exception
    when invalid_table_definition then
        execute format('drop view mart_masked.%I', called);
        execute format('create view mart_masked.%I with (security_barrier = true) as %s', called, body);
end
$$;
comment on function ops.put_masked_view(name, text) is 'Makes a view of mart_masked, or makes it anew.';

-- Names of the mart are written without their schema while it is looked up alone; so they are found in mart_masked instead.
create function ops.mask_mart() returns void
language plpgsql
as $$
declare
    before text := current_setting('search_path');
    place record;
begin
    for place in
        select c.oid::regclass as relation, c.relname as called
        from pg_class as c
        where c.relnamespace = 'mart'::regnamespace and c.relkind in ('r', 'p')
        order by c.relname
    loop
        perform ops.put_masked_view(place.called, ops.masked_select(place.relation));
    end loop;
    for place in
        select c.oid, c.relname as called
        from pg_class as c
        where c.relnamespace = 'mart'::regnamespace and c.relkind = 'v'
        order by c.oid
    loop
        perform set_config('search_path', 'mart', true);
        declare
            body text := pg_get_viewdef(place.oid);
        begin
            perform set_config('search_path', 'mart_masked, mart', true);
            perform ops.put_masked_view(place.called, body);
        end;
    end loop;
    for place in
        select p.oid, p.proname as called, pg_get_function_result(p.oid) as result
        from pg_proc as p
        inner join pg_language as l on l.oid = p.prolang and l.lanname = 'sql'
        where p.pronamespace = 'mart'::regnamespace and not p.prosecdef and p.prosqlbody is not null
        order by p.oid
    loop
        perform set_config('search_path', 'mart', true);
        declare
            body text := pg_get_function_sqlbody(place.oid);
            taken text := pg_get_function_arguments(place.oid);
        begin
            perform set_config('search_path', 'mart_masked, mart', true);
            execute format(
                'create or replace function mart_masked.%I(%s) returns %s language sql stable parallel safe %s',
                place.called, taken, place.result, body
            );
        end;
    end loop;
    perform set_config('search_path', before, true);
    -- What is gone from the mart, or reads past what is masked.
    for place in
        select c.oid::regclass as relation, s.oid is null as is_gone
        from pg_class as c
        left join pg_class as s on s.relnamespace = 'mart'::regnamespace and s.relname = c.relname and s.relkind in ('r', 'p', 'v')
        where c.relnamespace = 'mart_masked'::regnamespace
            and c.relkind = 'v'
            and (
                s.oid is null
                or s.relkind = 'v' and exists (
                    select
                    from pg_rewrite as r
                    inner join pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
                    inner join pg_class as t on d.refclassid = 'pg_class'::regclass and t.oid = d.refobjid
                    where r.ev_class = c.oid and t.relnamespace = 'mart'::regnamespace
                )
            )
    loop
        if not place.is_gone then
            raise exception '% would read the mart itself', place.relation;
        end if;
        execute format('drop view %s', place.relation);
    end loop;
    if to_regrole('saldo_reader') is not null then
        grant usage on schema mart_masked to saldo_reader;
        grant select on all tables in schema mart_masked to saldo_reader;
    end if;
    if to_regrole('saldo_masked') is not null then
        grant usage on schema mart_masked to saldo_masked;
        grant select on all tables in schema mart_masked to saldo_masked;
    end if;
    grant usage on schema mart_masked to powerbi;
    grant select on all tables in schema mart_masked to powerbi;
end
$$;
comment on function ops.mask_mart() is
    'Makes mart_masked what the mart is, without what is personal. docs/rights.md';

create or replace function ops.guard_mart() returns void
language sql
begin atomic
    select ops.guard_rows();
    select ops.mask_mart();
end;
