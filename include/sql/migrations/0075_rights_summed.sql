-- A log-in's postings are posted on the accounts that it may read. Postgres does not know that: it takes the one as well as the other for a
-- few, expects a few hundred postings in a report where there are thousands, and sorts them before it sums them. Profit and loss of five
-- agreements took a quarter longer than without rights. Of the dimensions that have few rows and many postings it expects most now.

create function ops.own_rows_of(name) returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return 'agreement_key = any((select mart.agreements_to_read())::bigint []) ' || case
    -- An empty list gives nobody a row, and is taken for as many as one that is not known: half of the rows of twenty agreements. Of hundreds of
    -- agreements it is few still, and an index finds them.
    when $1 in ('dim_account', 'dim_department', 'dim_period', 'dim_project', 'dim_vat')
        then 'or agreement_key = any((select ''{}''::bigint [])::bigint []) or agreement_key = any((select ''{}''::bigint [])::bigint [])'
    -- Always true: an unknown bound is taken for a third.
    else 'and agreement_key <= (select 9223372036854775807)'
end;
comment on function ops.own_rows_of(name) is
    'What the policy own_rows of a table of mart says: the rows of agreements that the role may read, in words that let Postgres expect about as many as there are.';

do $$
declare
    place record;
begin
    for place in
        select o.polrelid::regclass as relation, c.relname as name
        from pg_policy as o
        inner join pg_class as c on c.oid = o.polrelid and c.relnamespace = 'mart'::regnamespace
        where o.polname = 'own_rows' and c.relname in ('dim_account', 'dim_department', 'dim_period', 'dim_project', 'dim_vat')
        order by c.relname
    loop
        execute format('alter policy own_rows on %s using (%s)', place.relation, ops.own_rows_of(place.name));
    end loop;
end
$$;

create or replace function ops.guard_rows() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    place record;
begin
    for place in
        select
            c.oid::regclass as relation,
            c.relname as name,
            c.relrowsecurity as is_guarded,
            exists (
                select from pg_attribute as a
                where a.attrelid = c.oid and a.attname = 'agreement_key' and not a.attisdropped
            ) as has_agreement,
            exists (select from pg_policy as p where p.polrelid = c.oid and p.polname = 'own_rows') as has_own,
            exists (select from pg_policy as p where p.polrelid = c.oid and p.polname = 'all_rows') as has_all
        from pg_class as c
        where c.relnamespace = 'mart'::regnamespace and c.relkind in ('r', 'p')
        order by c.relname
    loop
        if not place.is_guarded then
            execute format('alter table %s enable row level security', place.relation);
        end if;
        if not place.has_all then
            execute format('create policy all_rows on %s for select to powerbi using (true)', place.relation);
        end if;
        if place.has_agreement and not place.has_own then
            execute format('create policy own_rows on %s for select using (%s)', place.relation, ops.own_rows_of(place.name));
        end if;
    end loop;
    -- A view of tables of the mart alone asks them as whoever asks it; one that reads elsewhere says itself what is shown to whom.
    for place in
        select c.oid::regclass as relation
        from pg_class as c
        where c.relnamespace = 'mart'::regnamespace
            and c.relkind = 'v'
            and not coalesce(c.reloptions && array['security_invoker=true'], false)
            and not exists (
                select
                from pg_rewrite as r
                inner join pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
                inner join pg_class as t on d.refclassid = 'pg_class'::regclass and t.oid = d.refobjid
                where r.ev_class = c.oid and t.oid <> c.oid and t.relnamespace <> 'mart'::regnamespace
            )
        order by c.relname
    loop
        execute format('alter view %s set (security_invoker = true)', place.relation);
    end loop;
    if to_regrole('saldo_reader') is not null then
        grant usage on schema mart to saldo_reader;
        grant select on all tables in schema mart to saldo_reader;
    end if;
end
$$;
