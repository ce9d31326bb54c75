-- What a later migration adds to the mart without policies has no readers, and a posting whose account is not yet in the chart hides its text.

-- Views whose rows no policy holds back: they read elsewhere, and do not ask whose rows whoever asks may read.
create function ops.unguarded_in_mart() returns table (relation regclass, problem text)
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select
        c.oid::regclass,
        case c.relkind
            when 'v' then 'reads tables outside mart, which no policy guards: make it a view of tables of mart alone, or let it ask mart.agreements_to_read() as a barrier: with (security_barrier = true)'
            else 'is no table and no view, and cannot have policies: make it a table'
        end
    from pg_class as c
    where c.relnamespace = 'mart'::regnamespace
        and (
            c.relkind in ('m', 'f')
            or c.relkind = 'v'
            and not coalesce(c.reloptions && array['security_invoker=true'], false)
            -- Rates are nobody's.
            and c.relname <> 'exchange_rate_day'
            and not (
                coalesce(c.reloptions && array['security_barrier=true'], false)
                and exists (
                    select
                    from pg_rewrite as r
                    inner join pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
                    where r.ev_class = c.oid
                        and d.refclassid = 'pg_proc'::regclass
                        and d.refobjid = 'mart.agreements_to_read()'::regprocedure
                )
            )
        )
    order by c.relname;
end;
comment on function ops.unguarded_in_mart() is 'What of the mart would show its rows to whoever may select, and what to do about it.';

create function ops.refuse_unguarded() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    told text := (select string_agg(format('%s %s', u.relation, u.problem), '; ') from ops.unguarded_in_mart() as u);
begin
    if told is not null then
        raise exception '%', told using hint = 'docs/rights.md says how rows are guarded';
    end if;
end
$$;
comment on function ops.refuse_unguarded() is 'Fails where something of the mart would be read by whoever may select.';

create or replace function ops.guard_mart() returns void
language sql
begin atomic
    select ops.guard_rows();
    select ops.refuse_unguarded();
    select ops.mask_mart();
end;
