-- Who may read which agreements: declared in files, kept here, and held by Postgres itself. docs/rights.md

-- For log-ins that see some agreements. Members of powerbi see all, as before.
do $$
begin
    create role saldo_reader nologin;
exception
    when duplicate_object or unique_violation then null;
    when insufficient_privilege then
        if not exists (select from pg_roles where rolname = 'saldo_reader') then
            raise warning 'the role saldo_reader is missing and may not be made here: before you give out log-ins that see only some agreements, ask an administrator to run: create role saldo_reader nologin';
        end if;
end
$$;

create table ops.reader (
    reader_id text primary key,
    user_name text unique deferrable initially deferred,
    login text unique deferrable initially deferred,
    all_agreements boolean not null,
    personal boolean not null
);
comment on table ops.reader is 'Who may read the mart, one row a file of readers. docs/rights.md';
comment on column ops.reader.reader_id is 'The id in its file.';
comment on column ops.reader.user_name is 'Who it is to Power BI: what USERPRINCIPALNAME() says there, in small letters. NULL: none.';
comment on column ops.reader.login is 'Who it is to Postgres: the name of a role that logs in. NULL: none.';
comment on column ops.reader.all_agreements is 'Sees every agreement, those to come included.';
comment on column ops.reader.personal is 'Sees what is personal: the schema mart. Else mart_masked alone has rows.';

create table ops.reader_agreement (
    reader_id text not null references ops.reader on delete cascade,
    agreement_id text not null,
    primary key (reader_id, agreement_id)
);
comment on table ops.reader_agreement is 'The agreements of a reader who does not see all.';
comment on column ops.reader_agreement.reader_id is 'Whose: ops.reader.';
comment on column ops.reader_agreement.agreement_id is 'Id of the agreement; one that has no facts yet gives nothing.';

create table mart.bridge_user_agreement (
    user_name text not null,
    agreement_key bigint not null,
    primary key (user_name, agreement_key)
);
comment on table mart.bridge_user_agreement is
    'Which users of Power BI see which agreements, for a role of the model that filters by USERPRINCIPALNAME(). A reader of all has a row for each.';
comment on column mart.bridge_user_agreement.user_name is 'User principal name, in small letters.';
comment on column mart.bridge_user_agreement.agreement_key is 'An agreement the user sees: dim_agreement.';

-- Who asks. In a function that runs as its owner, current_user is the owner: the log-in, or the role it has set, is not.
create function ops.who_asks() returns name
language sql stable parallel safe
return coalesce(nullif(current_setting('role'), 'none'), session_user)::name;
comment on function ops.who_asks() is 'The role in force: what was set with set role, else the log-in.';

create function ops.sees_all(who name) returns boolean
language sql stable parallel safe
return pg_has_role($1, 'powerbi', 'usage')
    or pg_has_role($1, (select n.nspowner from pg_namespace as n where n.nspname = 'mart'), 'usage');
comment on function ops.sees_all(name) is 'Whether a role has the rights of powerbi, or of whom the warehouse belongs to.';

create function ops.agreements_of(who name, with_personal boolean) returns bigint []
language sql stable parallel safe
begin atomic
    select array[-1, -2, -3]::bigint [] || array(
        select a.agreement_key
        from mart.dim_agreement as a
        where a.agreement_key > 0
            and (
                ops.sees_all($1)
                or exists (
                    select
                    from ops.reader as r
                    where r.login = $1
                        and (r.personal or not $2)
                        and (
                            r.all_agreements
                            or exists (
                                select
                                from ops.reader_agreement as x
                                where x.reader_id = r.reader_id
                                    and x.agreement_id = a.agreement_id
                            )
                        )
                )
            )
        order by a.agreement_key
    );
end;
comment on function ops.agreements_of(name, boolean) is
    'Keys of the agreements a role may read, and of the members unknown, unmapped and not applicable. with_personal: of those it may read whole.';

create function mart.agreements_to_read() returns bigint []
language sql stable parallel safe security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select ops.agreements_of(ops.who_asks(), true);
end;
comment on function mart.agreements_to_read() is
    'Keys of the agreements that whoever asks may read, and of the members unknown, unmapped and not applicable.';

create function mart.user_to_read_as() returns text
language sql stable parallel safe security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select r.user_name from ops.reader as r where r.login = ops.who_asks() and r.personal;
end;
comment on function mart.user_to_read_as() is 'The name in Power BI of whoever asks; NULL where none is declared.';

-- The users of Power BI follow the files and the agreements.
create function ops.spread_readers() returns void
language sql
begin atomic
    delete from mart.bridge_user_agreement as b
    where not exists (
        select
        from ops.reader as r
        inner join mart.dim_agreement as a on a.agreement_key = b.agreement_key
        left join ops.reader_agreement as x
            on x.reader_id = r.reader_id
            and x.agreement_id = a.agreement_id
        where r.user_name = b.user_name
            and (r.all_agreements or x.reader_id is not null)
    );
    insert into mart.bridge_user_agreement (user_name, agreement_key)
    select
        r.user_name,
        a.agreement_key
    from ops.reader as r
    cross join mart.dim_agreement as a
    left join ops.reader_agreement as x
        on x.reader_id = r.reader_id
        and x.agreement_id = a.agreement_id
    where r.user_name is not null
        and a.agreement_key > 0
        and (r.all_agreements or x.reader_id is not null)
    on conflict do nothing;
end;
comment on function ops.spread_readers() is 'Makes mart.bridge_user_agreement what ops.reader says.';

create function ops.spread_readers_to_new_agreements() returns trigger
language plpgsql
as $$
begin
    perform ops.spread_readers();
    return null;
end
$$;
create trigger spread_readers after insert or delete on mart.dim_agreement
for each statement execute function ops.spread_readers_to_new_agreements();

create or replace view mart.sync_status as
with data as (
    select
        r.agreement_id,
        max(r.finished_at) as as_of
    from ops.ledger_run as r
    group by r.agreement_id
),

proven as (
    select
        r.agreement_id,
        max(r.finished_at) as proven_at
    from ops.sync_run as r
    where r.entity = 'prove' and r.status = 'success'
    group by r.agreement_id
)

select
    a.agreement_key,
    a.agreement_id,
    a.name as agreement,
    d.as_of at time zone 'utc' as data_as_of,
    p.proven_at at time zone 'utc' as last_proven,
    case when c.difference > 1e14 then 1e14 else c.difference end::numeric(19, 4) as difference,
    greatest(l.checked_at, i.checked_at) at time zone 'utc' as last_checked
from mart.dim_agreement as a
left join data as d on d.agreement_id = a.agreement_id
left join proven as p on p.agreement_id = a.agreement_id
-- A night compares the ledger, or what is sold, or both: of each the last comparison counts.
left join lateral (
    select o.checked_at
    from ops.proof as o
    where o.agreement_id = a.agreement_id
        and o.control in ('account_year_totals', 'entry_count')
    order by o.checked_at desc
    limit 1
) as l on true
left join lateral (
    select o.checked_at
    from ops.proof as o
    where o.agreement_id = a.agreement_id
        and o.control = 'invoice_net_amount'
    order by o.checked_at desc
    limit 1
) as i on true
-- The same money is compared by year, by period and by month: the control that differs most tells.
left join lateral (
    select coalesce(max(s.difference), 0) as difference
    from (
        select sum(abs(o.difference)) as difference
        from ops.proof as o
        where o.agreement_id = a.agreement_id
            and o.checked_at = case
                when o.control like 'invoice%' or o.control = 'unpaid_remainder' then i.checked_at
                else l.checked_at
            end
            and o.control not in ('entry_count', 'invoice_count', 'customer_balances', 'set_aside')
        group by o.control
    ) as s
) as c on coalesce(l.checked_at, i.checked_at) is not null
where a.agreement_key > 0
    and a.agreement_key = any((select mart.agreements_to_read())::bigint []);
alter view mart.sync_status set (security_barrier = true);

-- What belongs to no company.
create policy own_rows on mart.dim_date for select using (true);
-- Who else reads is nobody's business.
create policy own_rows on mart.bridge_user_agreement for select using (
    user_name = (select mart.user_to_read_as())
    and agreement_key = any((select mart.agreements_to_read())::bigint [])
);

-- Run by the migrator after every migration: what a later one adds to the mart has policies without anybody thinking of it.
create function ops.guard_rows() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    place record;
begin
    for place in
        select
            c.oid::regclass as relation,
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
            execute format(
                'create policy own_rows on %s for select using (agreement_key = any((select mart.agreements_to_read())::bigint []))',
                place.relation
            );
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
comment on function ops.guard_rows() is
    'Gives every table of the mart its policies, and every view over them the rights of whoever asks. docs/rights.md';

create function ops.guard_mart() returns void
language sql
begin atomic
    select ops.guard_rows();
end;
comment on function ops.guard_mart() is 'What follows every migration: nothing of the mart stays unguarded.';
