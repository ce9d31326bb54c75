-- Pages of postings by what they look for, and what is personal asked of what is shown instead of all there is. docs/speed.md

-- Find an amount in every year. Most postings have one currency, and their amount twice: the second index has the others alone.
create index fact_journal_entries_by_amount on mart.fact_journal_entries (agreement_key, abs(amount_base));
create index fact_journal_entries_by_foreign_amount on mart.fact_journal_entries (agreement_key, abs(amount))
where amount <> amount_base;

-- What is personal of one agreement is of no other: who asks for one reads the vouchers of that one.
create or replace view ops.personal_voucher as
-- Whose a line is follows from its account: said twice, the planner takes the lines for fewer than they are.
select
    f.voucher_key,
    a.agreement_key
from ops.personal_account_key as a
inner join mart.fact_journal_entries as f on f.account_key = a.account_key
union
select
    f.voucher_key,
    f.agreement_key
from ops.personal_number as p
inner join mart.fact_journal_entries as f
    on f.account_key = -1
    and f.agreement_key = p.agreement_key
    and (p.is_coded or ops.is_in_range(f.account_number, p.first_number, p.last_number));
comment on column ops.personal_voucher.agreement_key is 'Whose: lines without a voucher have one key everywhere.';

create or replace view ops.personal_entry as
select
    f.journal_entry_key,
    f.agreement_key
from mart.fact_journal_entries as f
inner join ops.personal_voucher as v
    on v.voucher_key = f.voucher_key
    and v.agreement_key = f.agreement_key
group by f.journal_entry_key, f.agreement_key;
comment on column ops.personal_entry.agreement_key is 'Whose.';

create or replace view ops.personal_draft as
select distinct
    f.draft_entry_key,
    f.agreement_key
from mart.fact_draft_entries as f
inner join mart.fact_draft_entries as o
    on o.agreement_key = f.agreement_key
    and o.journal_number = f.journal_number
    and coalesce(o.voucher_number, o.draft_number) = coalesce(f.voucher_number, f.draft_number)
where exists (select from ops.personal_account_key as a where a.account_key in (o.account_key, o.contra_account_key))
    or exists (
        select
        from ops.personal_number as p
        where p.agreement_key = o.agreement_key
            and (
                o.account_key = -1
                and (p.is_coded or ops.is_in_range(o.account_number, p.first_number, p.last_number))
                or o.contra_account_key = -1
                and (p.is_coded or ops.is_in_range(o.contra_account_number, p.first_number, p.last_number))
            )
    );
comment on column ops.personal_draft.agreement_key is 'Whose.';

create or replace view ops.personal_purchase_line as
select distinct
    f.purchase_line_key,
    f.agreement_key
from mart.fact_purchase_documents as f
inner join mart.fact_purchase_documents as o
    on o.agreement_key = f.agreement_key
    and o.document_number = f.document_number
where exists (select from ops.personal_account_key as a where a.account_key = o.account_key)
    or exists (
        select
        from ops.personal_number as p
        where o.account_key = -1
            and p.agreement_key = o.agreement_key
            and (p.is_coded or ops.is_in_range(o.account_number, p.first_number, p.last_number))
    );
comment on column ops.personal_purchase_line.agreement_key is 'Whose.';

create or replace view ops.personal_document as
select
    f.document_key,
    f.agreement_key
from mart.fact_journal_entries as f
inner join ops.personal_entry as p
    on p.journal_entry_key = f.journal_entry_key
    and p.agreement_key = f.agreement_key
where f.document_key > 0
union
select
    f.document_key,
    f.agreement_key
from mart.fact_purchase_documents as f
inner join ops.personal_purchase_line as p
    on p.purchase_line_key = f.purchase_line_key
    and p.agreement_key = f.agreement_key
where f.document_key > 0;
comment on column ops.personal_document.agreement_key is 'Whose.';

-- As in 0048, and by agreement, too.
create or replace function ops.masked_select(of_table regclass) returns text
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
            then format(' left join ops.%I as p on p.%I = t.%I and p.agreement_key = t.agreement_key', place.said_by, place.column_name, place.column_name)
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

create or replace function mart_masked.journal_entries_as_of(as_of timestamp, of_agreement text default null)
returns table (
    journal_entry_key bigint, agreement_key bigint, agreement_id text, entry_number text, voucher_key bigint,
    voucher_number text, journal_number text, entry_type text, event_type text, date date, date_key integer,
    accounting_year text, period integer, period_key bigint, account_key bigint, account_number text, account_name text,
    department_key bigint, department_number text, project_key bigint, customer_key bigint, supplier_key bigint,
    vat_key bigint, vat_code text, text text, currency text, amount numeric, base_currency text, amount_base numeric,
    due_date date, remainder numeric, remainder_base numeric, invoice_number text, is_opening boolean
)
language sql stable security definer rows 100000
set search_path = pg_catalog, pg_temp
begin atomic
    with shown as (
        select
            e.*,
            v.voucher_key is not null
            or bool_or(a.account_key is not null or n.agreement_key is not null) over (partition by e.agreement_key, e.voucher_key) as is_personal
        from ops.entries_as_of($1 at time zone 'utc', $2, mart_masked.agreements_to_read()) as e
        left join (select distinct k.account_key from ops.personal_account_key as k) as a on a.account_key = e.account_key
        left join lateral (
            select p.agreement_key
            from ops.personal_number as p
            where p.agreement_key = e.agreement_key
                and e.account_key = -1
                and (p.is_coded or ops.is_in_range(e.account_number, p.first_number, p.last_number))
            limit 1
        ) as n on true
        left join ops.personal_voucher as v
            on v.voucher_key = e.voucher_key
            and v.agreement_key = e.agreement_key
    )
    select
        s.journal_entry_key, s.agreement_key, s.agreement_id, s.entry_number, s.voucher_key, s.voucher_number,
        s.journal_number, s.entry_type, s.event_type, s.date, s.date_key, s.accounting_year, s.period, s.period_key,
        s.account_key, s.account_number, s.account_name, s.department_key, s.department_number, s.project_key,
        case when s.is_personal then -3 else s.customer_key end,
        case when s.is_personal then -3 else s.supplier_key end,
        s.vat_key, s.vat_code,
        case when s.is_personal then '(hidden)' else s.text end,
        s.currency, s.amount, s.base_currency, s.amount_base, s.due_date, s.remainder, s.remainder_base,
        case when s.is_personal then '(hidden)' else s.invoice_number end,
        s.is_opening
    from shown as s;
end;

create or replace function mart_masked.journal_entries_changed_since(since timestamp, of_agreement text default null)
returns table (
    agreement_key bigint, agreement_id text, entry_number text, change text, changed_at timestamp, run_id text,
    voucher_number text, old_voucher_number text, date date, old_date date, account_number text, old_account_number text,
    text text, old_text text, currency text, old_currency text, amount numeric, old_amount numeric,
    amount_base numeric, old_amount_base numeric
)
language sql stable security definer rows 1000
set search_path = pg_catalog, pg_temp
begin atomic
    with found as (
        select c.* from ops.changes_since($1 at time zone 'utc', $2, mart_masked.agreements_to_read()) as c
    ),

    personal_number as materialized (
        select p.*
        from ops.personal_number as p
        where p.agreement_key = any(array(select distinct f.agreement_key from found as f))
    ),

    personal_account as materialized (
        select a.account_key
        from ops.personal_account_key as a
        where a.agreement_key = any(array(select distinct f.agreement_key from found as f))
    ),

    -- A voucher is personal by a line among those that changed, as it is or as it was,
    own as materialized (
        select
            f.agreement_key,
            f.entry_number,
            f.voucher_number,
            f.old_voucher_number
        from found as f
        inner join personal_number as p on p.agreement_key = f.agreement_key
        cross join unnest(array[f.account_number, f.old_account_number]) as u (account_number)
        where u.account_number is not null
            and (
                ops.is_in_range(u.account_number, p.first_number, p.last_number)
                or p.is_coded and not exists (
                    select
                    from mart.dim_account as a
                    where a.agreement_key = f.agreement_key and a.account_number = u.account_number
                )
            )
    ),

    -- or by any line that it has in the facts: the lines of these vouchers are looked at, and no others.
    posted as materialized (
        select
            e.agreement_id,
            e.agreement_key,
            e.entry_number,
            e.voucher_key,
            e.voucher_number
        from found as f
        inner join mart.fact_journal_entries as e
            on e.agreement_id = f.agreement_id
            and e.entry_number = f.entry_number
        where exists (select from personal_number)
    ),

    touched as materialized (
        select f.agreement_id, f.voucher_number from found as f where exists (select from personal_number)
        union
        select f.agreement_id, f.old_voucher_number from found as f where exists (select from personal_number)
        union
        select p.agreement_id, p.voucher_number from posted as p
    ),

    line as materialized (
        select
            e.agreement_key,
            e.voucher_key,
            e.voucher_number,
            e.account_key,
            e.account_number
        from touched as t
        inner join mart.fact_journal_entries as e
            on e.agreement_id = t.agreement_id
            and e.voucher_number = t.voucher_number
        union all
        -- Lines without a voucher may be many: those alone that can be personal.
        select
            e.agreement_key,
            e.voucher_key,
            e.voucher_number,
            e.account_key,
            e.account_number
        from mart.fact_journal_entries as e
        where e.account_key = any(array(select a.account_key from personal_account as a union all select -1))
            and e.voucher_number is null
            and e.agreement_id = any(array(select t.agreement_id from touched as t where t.voucher_number is null))
    ),

    personal as materialized (
        select distinct
            l.agreement_key,
            l.voucher_key,
            l.voucher_number
        from line as l
        where l.account_key in (select a.account_key from personal_account as a)
            or (
                l.account_key = -1
                and exists (
                    select
                    from personal_number as p
                    where p.agreement_key = l.agreement_key
                        and (p.is_coded or ops.is_in_range(l.account_number, p.first_number, p.last_number))
                )
            )
    ),

    personal_line as materialized (
        select o.agreement_key, o.entry_number from own as o
        union
        select p.agreement_key, p.entry_number
        from posted as p
        where (p.agreement_key, p.voucher_key) in (select l.agreement_key, l.voucher_key from personal as l)
    ),

    personal_voucher as materialized (
        select o.agreement_key, o.voucher_number from own as o where o.voucher_number is not null
        union
        select o.agreement_key, o.old_voucher_number from own as o where o.old_voucher_number is not null
        union
        select p.agreement_key, p.voucher_number from personal as p where p.voucher_number is not null
    ),

    -- in: tables of hashes, however few rows the planner takes these for.
    shown as (
        select
            f.*,
            (f.agreement_key, f.entry_number) in (select p.agreement_key, p.entry_number from personal_line as p)
            or f.voucher_number is not null
            and (f.agreement_key, f.voucher_number) in (select p.agreement_key, p.voucher_number from personal_voucher as p)
            or f.old_voucher_number is not null
            and (f.agreement_key, f.old_voucher_number) in (
                select p.agreement_key, p.voucher_number from personal_voucher as p
            ) as is_personal
        from found as f
    )
    select
        s.agreement_key, s.agreement_id, s.entry_number, s.change, s.changed_at, s.run_id, s.voucher_number,
        s.old_voucher_number, s.date, s.old_date, s.account_number, s.old_account_number,
        case when s.is_personal and s.change <> 'removed' then '(hidden)' else s.text end,
        case when s.is_personal and s.change <> 'added' then '(hidden)' else s.old_text end,
        s.currency, s.old_currency, s.amount, s.old_amount, s.amount_base, s.old_amount_base
    from shown as s;
end;

-- For pages, which cut out what they show first.
create function ops.personal_vouchers(of_agreement bigint, of_numbers text []) returns table (voucher_number text, accounting_year text)
language sql stable
begin atomic
    select
        f.voucher_number,
        coalesce(f.accounting_year, '') as accounting_year
    from mart.fact_journal_entries as f
    where f.agreement_id = (select g.agreement_id from mart.dim_agreement as g where g.agreement_key = $1)
        and f.voucher_number = any($2)
        and (
            f.account_key in (select a.account_key from ops.personal_account_key as a where a.agreement_key = $1)
            or (
                f.account_key = -1
                and exists (
                    select
                    from ops.personal_number as p
                    where p.agreement_key = $1
                        and (p.is_coded or ops.is_in_range(f.account_number, p.first_number, p.last_number))
                )
            )
        )
    union
    -- Lines without a voucher may be many: by the accounts.
    select
        '' as voucher_number,
        coalesce(f.accounting_year, '') as accounting_year
    from ops.personal_account_key as a
    inner join mart.fact_journal_entries as f
        on f.account_key = a.account_key
        and f.agreement_key = a.agreement_key
    where '' = any($2)
        and a.agreement_key = $1
        and f.voucher_number is null
    union
    select
        '' as voucher_number,
        coalesce(f.accounting_year, '') as accounting_year
    from ops.personal_number as p
    inner join mart.fact_journal_entries as f
        on f.account_key = -1
        and f.agreement_key = p.agreement_key
        and (p.is_coded or ops.is_in_range(f.account_number, p.first_number, p.last_number))
    where '' = any($2)
        and p.agreement_key = $1
        and f.voucher_number is null;
end;
comment on function ops.personal_vouchers(bigint, text []) is
    'Of the vouchers of an agreement that have one of these numbers, those with a line on a personal account; '''' for lines that have none.';
