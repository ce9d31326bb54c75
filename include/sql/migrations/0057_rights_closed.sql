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

-- An account that is not yet in the chart has no row by which ops.personal_account_key could know it; the posting has its number.
create function ops.is_in_range(number text, first_number text, last_number text) returns boolean
language sql immutable parallel safe
return $1 = $2
or (
    $1 ~ '^[0-9]{1,40}$'
    and $2 ~ '^[0-9]{1,40}$'
    and lpad($1, 40, '0') between lpad($2, 40, '0') and lpad($3, 40, '0')
);
comment on function ops.is_in_range(text, text, text) is 'Whether an account number is that of a range, or within it: personal_accounts.';

create view ops.personal_number as
select
    g.agreement_key,
    p.first_number,
    p.last_number,
    exists (
        select from core.account as c where c.agreement_id = p.agreement_id and c.code is not null
    ) as is_coded
from ops.personal_account as p
inner join mart.dim_agreement as g on g.agreement_id = p.agreement_id
where g.agreement_key = any((select mart_masked.agreements_to_read())::bigint []);
comment on view ops.personal_number is 'Numbers of accounts that are personal, for postings whose account is not in the chart.';
comment on column ops.personal_number.agreement_key is 'Whose: mart.dim_agreement.';
comment on column ops.personal_number.first_number is 'The account, or the first of a range of numbers.';
comment on column ops.personal_number.last_number is 'The same, or the last of the range, included.';
comment on column ops.personal_number.is_coded is
    'Postings carry a number of the vendor''s own, not the one that people know, which is in the chart: without it nothing is known, and they count as personal.';

create or replace view ops.personal_voucher as
select f.voucher_key
from ops.personal_account_key as a
inner join mart.fact_journal_entries as f
    on f.account_key = a.account_key
    and f.agreement_key = a.agreement_key
union
select f.voucher_key
from ops.personal_number as p
inner join mart.fact_journal_entries as f
    on f.account_key = -1
    and f.agreement_key = p.agreement_key
    and (p.is_coded or ops.is_in_range(f.account_number, p.first_number, p.last_number));
create or replace view ops.personal_draft as
select distinct f.draft_entry_key
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
create or replace view ops.personal_purchase_line as
select distinct f.purchase_line_key
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
        left join ops.personal_voucher as v on v.voucher_key = e.voucher_key
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

    -- A voucher is personal by a line of it now, then, or among those that changed.
    personal as (
        select f.agreement_key, f.entry_number, f.voucher_number
        from found as f
        inner join mart.dim_account as a
            on a.agreement_key = f.agreement_key
            and a.account_number in (f.account_number, f.old_account_number)
        inner join ops.personal_account_key as k on k.account_key = a.account_key
        union
        select f.agreement_key, f.entry_number, f.old_voucher_number
        from found as f
        inner join mart.dim_account as a
            on a.agreement_key = f.agreement_key
            and a.account_number in (f.account_number, f.old_account_number)
        inner join ops.personal_account_key as k on k.account_key = a.account_key
        union
        select f.agreement_key, f.entry_number, f.voucher_number
        from found as f
        inner join ops.personal_number as p on p.agreement_key = f.agreement_key
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
        union
        select f.agreement_key, f.entry_number, f.old_voucher_number
        from found as f
        inner join ops.personal_number as p on p.agreement_key = f.agreement_key
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
        union
        select e.agreement_key, e.entry_number, e.voucher_number
        from mart.fact_journal_entries as e
        inner join ops.personal_voucher as v on v.voucher_key = e.voucher_key
    ),

    shown as (
        select
            f.*,
            exists (
                select
                from personal as p
                where p.agreement_key = f.agreement_key and p.entry_number = f.entry_number
            )
            or exists (
                select
                from personal as p
                where p.agreement_key = f.agreement_key and p.voucher_number = f.voucher_number
            )
            or exists (
                select
                from personal as p
                where p.agreement_key = f.agreement_key and p.voucher_number = f.old_voucher_number
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

-- The agreement of one transaction and the readers of another did not see each other, nor the rights that another takes away.
-- One at a time, and a new agreement only when its load commits: nobody waits for a load.
create or replace function ops.spread_readers() returns void
language sql
begin atomic
    select pg_advisory_xact_lock(hashtextextended('saldo readers spread', 0));
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

drop trigger spread_readers on mart.dim_agreement;
create constraint trigger spread_readers after insert or delete on mart.dim_agreement
deferrable initially deferred
for each row execute function ops.spread_readers_to_new_agreements();
