-- What is hidden keeps its totals, and people are not kept apart by a key. docs/rights.md
--
-- What is open on a day follows from who a posting's customer or supplier is, and which invoice it names. Of personal vouchers both
-- are hidden, so that mart_masked could not work it out of its own tables: an invoice never met its payment. It is worked out of the
-- mart, and then hidden as in tables.
insert into ops.personal_row (table_name, column_name, said_by) values
    ('fact_receivable_details', 'voucher_key', 'personal_subledger_voucher'),
    ('fact_payable_details', 'voucher_key', 'personal_subledger_voucher');
update ops.personal_row set said_by = 'personal_subledger_voucher' where table_name in ('fact_receivables', 'fact_payables');
comment on table ops.personal_row is
    'How a table of the mart tells its personal rows; so does a view that is worked out by what is hidden.';
comment on column ops.personal_row.table_name is 'Table or view of the mart.';

insert into ops.personal_column (table_name, column_name, is_personal, shown) values
    ('*', 'detail', 'never', null),
    ('*', 'settled_by', 'never', null),
    -- Whoever has one key in every line is known by what an hour of theirs costs.
    ('*', 'employee_key', 'always', '-3'),
    ('dim_employee', 'employee_key', 'never', null),
    ('dim_project', 'manager_key', 'always', '-3');

-- A subledger may have lines before the ledger has their voucher: nothing is known of those but that they may be personal. The ledger's
-- own lines, of which there are many more, are asked for without.
create view ops.personal_subledger_voucher as
select
    v.voucher_key,
    v.agreement_key
from ops.personal_voucher as v
union
select
    -1::bigint as voucher_key,
    p.agreement_key
from ops.personal_number as p;
comment on view ops.personal_subledger_voucher is
    'Vouchers with a line on a personal account, and those the ledger does not know, of agreements that have such accounts.';
comment on column ops.personal_subledger_voucher.voucher_key is 'As in mart.fact_receivables and mart.fact_payables; -1: not known.';
comment on column ops.personal_subledger_voucher.agreement_key is 'Whose.';

-- As in 0061, and of views, too.
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
    -- What a view works out, it works out of the mart itself, and is hidden then.
    source text := case
        when (select c.relkind from pg_class as c where c.oid = of_table) = 'v'
        then format('(%s)', rtrim(pg_get_viewdef(of_table), ';'))
        else format('mart.%I', called)
    end;
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
    return format('select %s from %s as t', given, source)
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

-- As in 0048, but for what is worked out by what is hidden.
create or replace function ops.mask_mart() returns void
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
        select
            c.oid,
            c.relname as called,
            -- By what is hidden it could not be worked out.
            exists (select from ops.personal_row as r where r.table_name = c.relname) as is_told
        from pg_class as c
        where c.relnamespace = 'mart'::regnamespace and c.relkind = 'v'
        order by c.oid
    loop
        perform set_config('search_path', 'mart', true);
        declare
            body text := case when place.is_told then ops.masked_select(place.oid) else pg_get_viewdef(place.oid) end;
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
            -- They go by the customer and the supplier; those of mart_masked are written for it, by posting.
            and p.proname <> all(array['receivables_ageing', 'payables_ageing'])
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
                or s.relkind = 'v'
                and not exists (select from ops.personal_row as r where r.table_name = c.relname)
                and exists (
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

-- As in 0063; customers and suppliers that nobody knows are told apart by their numbers.
do $do$
declare
    body text := $view$
create or replace view mart.fact_receivable_details with (security_invoker = true) as
with posting as (
    select
        r.agreement_key,
        r.customer_key,
        r.unknown,
        r.receivable_key,
        r.date,
        r.due_date,
        r.amount_base - coalesce(r.remainder_base, 0) as settled,
        case
            when r.invoice_number is not null
                and (
                    sum(r.amount_base - coalesce(r.remainder_base, 0)) over named = 0
                    -- In another currency than the books' rates differ, and what is left is rounded.
                    or (
                        min(r.currency) over named = max(r.currency) over named
                        and sum(r.amount - coalesce(r.remainder, 0)) over named = 0
                    )
                )
            then r.invoice_number
        end as named_invoice
    from (
        select
            f.*,
            -- Those that nobody knows have one key together.
            case when f.customer_key = -1 then f.customer_number end as unknown
        from mart.fact_receivables as f
    ) as r
    window named as (partition by r.agreement_key, r.customer_key, r.unknown, r.invoice_number)
),

-- What is settled of them on each side, one after the other.
part as (
    select
        p.agreement_key,
        p.customer_key,
        p.unknown,
        p.named_invoice,
        p.receivable_key,
        p.date - date '2000-01-01' as day,
        max(p.date) over (partition by p.agreement_key, p.customer_key, p.unknown, p.named_invoice) as last_day,
        p.settled > 0 as is_debit,
        sum(abs(p.settled)) over queue as reach,
        row_number() over queue as place
    from posting as p
    where p.settled <> 0
    window queue as (
        partition by p.agreement_key, p.customer_key, p.unknown, p.named_invoice, p.settled > 0
        order by p.date, p.due_date, p.receivable_key
        rows unbounded preceding
    )
),

-- Where on one side one posting ends, and the next begins: between two such places one debit meets one credit, or none. In each
-- array: its place, its key, its day.
span as (
    select
        p.agreement_key,
        p.customer_key,
        p.unknown,
        p.named_invoice,
        p.last_day,
        p.reach - lead(p.reach, 1, 0) over falling as size,
        min(array[p.place, p.receivable_key, p.day]) filter (where p.is_debit) over falling as debit,
        min(array[p.place, p.receivable_key, p.day]) filter (where not p.is_debit) over falling as credit
    from part as p
    window falling as (
        partition by p.agreement_key, p.customer_key, p.unknown, p.named_invoice
        order by p.reach desc, p.is_debit
        rows unbounded preceding
    )
),

settlement as (
    select
        s.agreement_key,
        s.customer_key,
        x.receivable_key,
        case when x.other is null then 'difference' else 'settlement' end as detail,
        case
            when x.other is null then null
            when s.named_invoice is null then 'oldest first'
            else 'invoice number'
        end as settled_by,
        case
            when x.other is null then s.last_day
            else date '2000-01-01' + greatest(s.debit[3], s.credit[3])::integer
        end as date,
        x.amount_base
    from span as s
    cross join lateral (
        values (s.debit[2], s.credit[2], -s.size), (s.credit[2], s.debit[2], s.size)
    ) as x (receivable_key, other, amount_base)
    where s.size > 0
        and x.receivable_key is not null
),

detail as (
    select
        t.agreement_key,
        t.customer_key,
        t.receivable_key,
        'posting' as detail,
        null as settled_by,
        t.date,
        t.amount_base
    from mart.fact_receivables as t
    union all
    select
        s.agreement_key,
        s.customer_key,
        s.receivable_key,
        s.detail,
        s.settled_by,
        s.date,
        s.amount_base
    from settlement as s
)

select
    d.agreement_key,
    r.agreement_id,
    d.receivable_key,
    d.detail,
    d.settled_by,
    r.voucher_key,
    r.voucher_number,
    r.entry_type,
    r.event_type,
    r.date as posting_date,
    d.date,
    mart.date_key(d.date) as date_key,
    r.account_key,
    r.account_number,
    d.customer_key,
    r.customer_number,
    r.customer_name,
    r.invoice_number,
    r.due_date,
    coalesce(r.due_date, r.date) as falls_due,
    r.currency,
    r.base_currency,
    d.amount_base::numeric(19, 4) as amount_base,
    r.is_settled
from detail as d
-- Looked up row by row, which a limit makes sure of: where the planner does not know an agreement yet, it takes its postings for one
-- row, and would work out all settlements again for each of them.
cross join lateral (
    select t.*
    from mart.fact_receivables as t
    where t.receivable_key = d.receivable_key
    limit 1
) as r;

comment on column mart.fact_receivable_details.date is
    'The day from which it counts: of a settlement the later day of the two postings, of a difference the last day of those settled together: of what is settled oldest first, of all that is settled of that customer. So what was open on a past day may become another when more is settled.';
$view$;
begin
    execute body;
    execute replace(replace(body, 'receivable', 'payable'), 'customer', 'supplier');
end
$do$;

select ops.mask_mart();

do $do$
declare
    body text := $function$
create or replace function mart_masked.receivables_ageing(as_of date)
returns table (
    agreement_key bigint, customer_key bigint, customer_number text, customer_name text,
    invoice_number text, date date, due_date date, base_currency text, remainder_base numeric,
    days_overdue integer, bucket text
)
language sql stable parallel safe
begin atomic
    select
        d.agreement_key, d.customer_key, d.customer_number, d.customer_name, d.invoice_number,
        d.posting_date as date, d.due_date, d.base_currency, sum(d.amount_base) as remainder_base,
        greatest(0, $1 - d.falls_due) as days_overdue,
        case
            when $1 <= d.falls_due then 'not due'
            when $1 - d.falls_due <= 30 then '1-30'
            when $1 - d.falls_due <= 60 then '31-60'
            when $1 - d.falls_due <= 90 then '61-90'
            else 'over 90'
        end as bucket
    from mart_masked.fact_receivable_details as d
    where d.date <= $1
    group by
        d.receivable_key, d.agreement_key, d.customer_key, d.customer_number, d.customer_name, d.invoice_number,
        d.posting_date, d.due_date, d.falls_due, d.base_currency
    having sum(d.amount_base) <> 0;
end;
comment on function mart_masked.receivables_ageing(date) is
    'mart.receivables_ageing without what is personal: worked out by posting, whose customer may be hidden.';
$function$;
begin
    execute body;
    execute replace(replace(body, 'receivable', 'payable'), 'customer', 'supplier');
end
$do$;
