-- Purchase documents with a line on a personal account, for pages and routes; and what the guard of the mart did not see.

create view ops.personal_purchase as
select
    l.agreement_id,
    l.document_number
from core.purchase_document_line as l
inner join ops.personal_account as p on p.agreement_id = l.agreement_id
left join core.account as a
    on a.agreement_id = l.agreement_id
    and a.account_number = l.account_number
where ops.is_in_range(coalesce(a.code, l.account_number), p.first_number, p.last_number)
    -- Of an account that is not in the chart yet, the number that people know may be unknown.
    or (
        a.account_number is null
        and l.account_number is not null
        and exists (select from core.account as c where c.agreement_id = l.agreement_id and c.code is not null)
    );
comment on view ops.personal_purchase is 'Lines of purchase documents that are, or were, on a personal account.';
comment on column ops.personal_purchase.agreement_id is 'Whose.';
comment on column ops.personal_purchase.document_number is 'The document: core.purchase_document.';

-- A view that asks as its reader is made anew in mart_masked as one that asks as its owner: what it reads elsewhere, everybody would
-- read there. A function with its owner's rights needs no table at all.
drop function ops.unguarded_in_mart();
create function ops.unguarded_in_mart() returns table (place text, problem text)
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    with view_reads as (
        select
            r.ev_class as view,
            bool_or(d.refclassid = 'pg_class'::regclass and t.relnamespace <> 'mart'::regnamespace) as reads_elsewhere,
            bool_or(d.refclassid = 'pg_proc'::regclass and d.refobjid = 'mart.agreements_to_read()'::regprocedure) as asks
        from pg_rewrite as r
        inner join pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
        left join pg_class as t on d.refclassid = 'pg_class'::regclass and t.oid = d.refobjid
        group by r.ev_class
    )

    select
        c.oid::regclass::text,
        case c.relkind
            when 'v' then 'reads tables outside mart, which no policy guards: make it a view of tables of mart alone, or let it ask mart.agreements_to_read() as a barrier: with (security_barrier = true)'
            else 'is no table and no view, and cannot have policies: make it a table'
        end
    from pg_class as c
    left join view_reads as v on v.view = c.oid
    where c.relnamespace = 'mart'::regnamespace
        and (
            c.relkind in ('m', 'f')
            or c.relkind = 'v'
            -- Rates are nobody's.
            and c.relname <> 'exchange_rate_day'
            and not (coalesce(c.reloptions && array['security_invoker=true'], false) and not v.reads_elsewhere)
            and not (coalesce(c.reloptions && array['security_barrier=true'], false) and v.asks)
        )
    union all
    select
        p.oid::regprocedure::text,
        'runs with the rights of its owner and does not ask who reads: make it security invoker, or let its body (begin atomic) ask mart.agreements_to_read()'
    from pg_proc as p
    where p.pronamespace = 'mart'::regnamespace
        and p.prosecdef
        and not exists (
            select
            from pg_depend as d
            where d.classid = 'pg_proc'::regclass
                and d.objid = p.oid
                and d.refclassid = 'pg_proc'::regclass
                and d.refobjid in ('mart.agreements_to_read()'::regprocedure, 'ops.who_asks()'::regprocedure)
        )
    order by 1;
end;
comment on function ops.unguarded_in_mart() is 'What of the mart would show its rows to whoever may read it, and what to do about it.';

create or replace function ops.refuse_unguarded() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    told text := (select string_agg(format('%s %s', u.place, u.problem), '; ') from ops.unguarded_in_mart() as u);
begin
    if told is not null then
        raise exception '%', told using hint = 'docs/rights.md says how rows are guarded';
    end if;
end
$$;

-- A load sees the readers that there were when it began: of other agreements it says nothing, so that no right comes back that was
-- taken meanwhile, and nothing is deleted twice. Of its own the watch does, within minutes.
create or replace function ops.spread_readers_to_new_agreements() returns trigger
language plpgsql
as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('saldo readers spread', 0));
    if tg_op = 'DELETE' then
        delete from mart.bridge_user_agreement as b where b.agreement_key = old.agreement_key;
        return null;
    end if;
    insert into mart.bridge_user_agreement (user_name, agreement_key)
    select
        r.user_name,
        new.agreement_key
    from ops.reader as r
    where r.user_name is not null
        and new.agreement_key > 0
        and (
            r.all_agreements
            or exists (
                select
                from ops.reader_agreement as x
                where x.reader_id = r.reader_id
                    and x.agreement_id = new.agreement_id
            )
        )
    on conflict do nothing;
    return null;
end
$$;
