-- The ledger as it was at a past moment, and what has changed since. docs/as-of.md

create index on staging.history (agreement_id, entity, replaced_at);

create table ops.facts_state (
    agreement_id text not null,
    at timestamptz not null,
    reached jsonb not null,
    primary key (agreement_id, at)
);
comment on table ops.facts_state is 'Of what the facts were made when: one row each time something new went into them.';
comment on column ops.facts_state.agreement_id is 'Whose facts.';
comment on column ops.facts_state.at is 'From when on they showed it.';
comment on column ops.facts_state.reached is 'Entity -> change sequence up to which its records were in them.';

create table ops.period_closing (
    agreement_id text not null,
    accounting_year text not null,
    period integer not null,
    start_date date not null,
    end_date date not null,
    closed_at timestamptz not null,
    primary key (agreement_id, accounting_year, period)
);
comment on table ops.period_closing is 'Periods that are closed at the vendor, and since when it is known.';
comment on column ops.period_closing.agreement_id is 'Whose period.';
comment on column ops.period_closing.accounting_year is 'Accounting year, as the vendor writes it.';
comment on column ops.period_closing.period is 'Its number in the year: mart.dim_period.';
comment on column ops.period_closing.start_date is 'Its first day.';
comment on column ops.period_closing.end_date is 'Its last day.';
comment on column ops.period_closing.closed_at is 'When the facts first showed it as closed.';

create table ops.replay (
    vendor text primary key,
    checksum text not null,
    entities text [] not null,
    entries text not null,
    changes text not null
);
comment on table ops.replay is 'The SELECTs of core and mart over what staging held at a past moment, made of their files.';
comment on column ops.replay.vendor is 'The accounting system.';
comment on column ops.replay.checksum is 'Of all they are made of.';
comment on column ops.replay.entities is 'The entities of which the ledger is made.';
comment on column ops.replay.entries is 'SELECT of $1 agreement id, $2 its key, $3 entity -> change sequence: its postings.';
comment on column ops.replay.changes is 'SELECT of the same, and $4 the change sequences of now: the postings that differ.';

-- The last version of every record up to a change: that of today, or of those that have changed since what history has.
create function staging.records_as_of(vendor text, entity text, of_agreement text, reached bigint)
returns table (source_key text, payload jsonb, is_deleted boolean)
language plpgsql stable rows 100000
as $$
#variable_conflict use_column
begin
    if $4 is null or to_regclass(format('staging.%I', $1 || '_' || $2)) is null then
        return;
    end if;
    return query execute format(
        'select s.source_key, s.payload, s.deleted_at is not null from staging.%1$I as s '
        'where s.agreement_id = $1 and s.change_seq <= $2 '
        'union all '
        'select * from staging.records_changed($3, $4, $1, $2, true)', $1 || '_' || $2
    ) using $3, $4, $1, $2;
end
$$;
comment on function staging.records_as_of(text, text, text, bigint) is
    'The records of an entity as they were when its changes had been followed so far; NULL: none was.';

create function staging.records_changed(vendor text, entity text, of_agreement text, since bigint, as_they_were boolean)
returns table (source_key text, payload jsonb, is_deleted boolean)
language plpgsql stable rows 1000
as $$
#variable_conflict use_column
begin
    if to_regclass(format('staging.%I', $1 || '_' || $2)) is null then
        return;
    end if;
    if not $5 then
        return query execute format(
            'select s.source_key, s.payload, s.deleted_at is not null from staging.%I as s '
            'where s.agreement_id = $1 and s.change_seq > $2', $1 || '_' || $2
        ) using $3, coalesce($4, 0);
        return;
    end if;
    return query execute format(
        'select distinct on (h.source_key) h.source_key, h.payload, h.is_deletion and h.replaced_seq <= $2 '
        'from staging.%I as s '
        'inner join staging.history as h on h.agreement_id = s.agreement_id and h.entity = $3 and h.source_key = s.source_key '
        'where s.agreement_id = $1 and s.change_seq > $2 and h.vendor = $4 and coalesce(h.change_seq, 0) <= $2 '
        'order by h.source_key, h.change_seq desc nulls last, h.replaced_at desc', $1 || '_' || $2
    ) using $3, coalesce($4, 0), $2, $1;
end
$$;
comment on function staging.records_changed(text, text, text, bigint, boolean) is
    'The records of an entity that have changed since: as they are, or as they were then, where they were there.';

create function ops.reached_at(of_agreement text, moment timestamptz) returns jsonb
language plpgsql stable
as $$
declare
    found jsonb;
    place record;
    last bigint;
begin
    select s.reached into found
    from ops.facts_state as s
    where s.agreement_id = of_agreement and s.at <= moment
    order by s.at desc
    limit 1;
    if found is not null then
        return found;
    end if;
    -- From before it was written down: by when records landed.
    found := '{}';
    for place in
        select p.source, format('staging.%I', a.vendor || '_' || p.source) as relation
        from ops.progress as p
        inner join core.agreement as a on a.agreement_id = p.agreement_id
        where p.agreement_id = of_agreement and p.consumer = 'core'
    loop
        continue when to_regclass(place.relation) is null;
        execute format(
            'select max(v.seq) from ('
            'select s.change_seq as seq from %s as s where s.agreement_id = $1 and coalesce(s.deleted_at, s.landed_at) <= $2 '
            'union all select h.change_seq from staging.history as h where h.agreement_id = $1 and h.entity = $3 and h.landed_at <= $2 '
            'union all select h.replaced_seq from staging.history as h where h.agreement_id = $1 and h.entity = $3 and h.replaced_at <= $2'
            ') as v', place.relation
        ) into last using of_agreement, moment, place.source;
        if last is not null then
            found := found || jsonb_build_object(place.source, last);
        end if;
    end loop;
    return found;
end
$$;
comment on function ops.reached_at(text, timestamptz) is 'Entity -> change sequence that the facts showed at a moment.';

create function ops.check_known(moment timestamptz) returns void
language plpgsql stable
as $$
declare
    kept timestamptz := (select max(r.older_than) from ops.removal as r where r.subject = 'staging.history' and r.removed > 0);
begin
    if moment is null then
        raise exception 'say of which moment (UTC)' using errcode = 'null_value_not_allowed';
    end if;
    if moment < kept then
        raise exception 'what the books were at % is not known any more: replaced records are kept since % (UTC)', moment at time zone 'utc', kept at time zone 'utc'
            using errcode = 'invalid_parameter_value', hint = 'SALDO_RETENTION (staging.history) says how long they are kept';
    end if;
end
$$;
comment on function ops.check_known(timestamptz) is 'Raises an error where records of a moment may be gone.';

create function ops.entries_as_of(moment timestamptz, of_agreement text, keys bigint [])
returns table (
    journal_entry_key bigint, agreement_key bigint, agreement_id text, entry_number text, voucher_key bigint,
    voucher_number text, journal_number text, entry_type text, event_type text, date date, date_key integer,
    accounting_year text, period integer, period_key bigint, account_key bigint, account_number text, account_name text,
    department_key bigint, department_number text, project_key bigint, customer_key bigint, supplier_key bigint,
    vat_key bigint, vat_code text, text text, currency text, amount numeric, base_currency text, amount_base numeric,
    due_date date, remainder numeric, remainder_base numeric, invoice_number text, is_opening boolean
)
language plpgsql stable rows 100000
set enable_nestloop = off
set jit = off
as $$
#variable_conflict use_column
declare
    place record;
begin
    perform ops.check_known($1);
    for place in
        select a.agreement_id as id, a.agreement_key as key, a.vendor, r.entries
        from mart.dim_agreement as a
        left join ops.replay as r on r.vendor = a.vendor
        where a.agreement_key > 0
            and a.agreement_key = any($3)
            and ($2 is null or a.agreement_id = $2)
        order by a.agreement_key
    loop
        -- A company that no night is run of any more does not keep the others' past from being shown.
        continue when place.entries is null and $2 is null;
        if place.entries is null then
            raise exception 'agreement %: its past cannot be shown before its next night', place.id;
        end if;
        return query execute place.entries using place.id, place.key, ops.reached_at(place.id, $1);
    end loop;
end
$$;
comment on function ops.entries_as_of(timestamptz, text, bigint []) is
    'Postings as the facts showed them at a moment, of all agreements among the keys or of one.';

create function ops.changes_since(moment timestamptz, of_agreement text, keys bigint [])
returns table (
    agreement_key bigint, agreement_id text, entry_number text, change text, changed_at timestamp, run_id text,
    voucher_number text, old_voucher_number text, date date, old_date date, account_number text, old_account_number text,
    text text, old_text text, currency text, old_currency text, amount numeric, old_amount numeric,
    amount_base numeric, old_amount_base numeric
)
language plpgsql stable rows 1000
set enable_nestloop = off
set jit = off
as $$
#variable_conflict use_column
declare
    place record;
    since jsonb;
    reached jsonb;
begin
    perform ops.check_known($1);
    for place in
        select a.agreement_id as id, a.agreement_key as key, a.vendor, r.changes, r.entities
        from mart.dim_agreement as a
        left join ops.replay as r on r.vendor = a.vendor
        where a.agreement_key > 0
            and a.agreement_key = any($3)
            and ($2 is null or a.agreement_id = $2)
        order by a.agreement_key
    loop
        continue when place.changes is null and $2 is null;
        if place.changes is null then
            raise exception 'agreement %: its past cannot be shown before its next night', place.id;
        end if;
        since := ops.reached_at(place.id, $1);
        reached := ops.reached_at(place.id, 'infinity');
        continue when since = reached;
        return query execute
            'with c as materialized (' || place.changes || '), w as materialized ('
            'select distinct on (w.source_key) w.* from unnest($5::text[]) as e (entity) '
            'cross join lateral staging.changed_when($6, e.entity, $1, ($3 ->> e.entity)::bigint) as w '
            'order by w.source_key, w.changed_at desc) '
            'select $2, $1, c.entry_number, '
            'case when c.is_added then ''added'' when c.is_removed then ''removed'' else ''changed'' end, '
            'w.changed_at at time zone ''utc'', w.run_id, c.n_voucher_number, c.o_voucher_number, c.n_date, c.o_date, '
            'coalesce(na.code, c.n_account_number), coalesce(oa.code, c.o_account_number), c.n_text, c.o_text, '
            'case when not c.is_removed then coalesce(c.n_currency, g.base_currency) end, '
            'case when not c.is_added then coalesce(c.o_currency, g.base_currency) end, '
            'c.n_amount, c.o_amount, c.n_amount_base, c.o_amount_base '
            'from c inner join core.agreement as g on g.agreement_id = $1 '
            'left join core.account as na on na.agreement_id = $1 and na.account_number = c.n_account_number '
            'left join core.account as oa on oa.agreement_id = $1 and oa.account_number = c.o_account_number '
            -- Where postings are made of documents, their numbers begin with the document''s.
            'left join w on w.source_key = case when array_length($5, 1) = 1 then c.entry_number else split_part(c.entry_number, ''|'', 1) end'
        using place.id, place.key, since, reached, place.entities, place.vendor;
    end loop;
end
$$;
comment on function ops.changes_since(timestamptz, text, bigint []) is
    'Postings that the facts show otherwise than at a moment, of all agreements among the keys or of one.';

create function staging.changed_when(vendor text, entity text, of_agreement text, since bigint)
returns table (source_key text, changed_at timestamptz, run_id text)
language plpgsql stable rows 1000
as $$
#variable_conflict use_column
begin
    if to_regclass(format('staging.%I', $1 || '_' || $2)) is null then
        return;
    end if;
    return query execute format(
        'select s.source_key, coalesce(s.deleted_at, s.landed_at), case when s.deleted_at is null then s.run_id else ('
        'select h.replaced_by from staging.history as h where h.agreement_id = s.agreement_id and h.entity = $3 '
        'and h.source_key = s.source_key and h.is_deletion order by h.replaced_at desc limit 1) end '
        'from staging.%I as s where s.agreement_id = $1 and s.change_seq > $2', $1 || '_' || $2
    ) using $3, coalesce($4, 0), $2;
end
$$;
comment on function staging.changed_when(text, text, text, bigint) is 'When records last changed, of those that changed since, and in which run.';

-- For reports. They read staging and so run as the warehouse's owner: which agreements are shown is asked first.
create function mart.journal_entries_as_of(as_of timestamp, of_agreement text default null)
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
    select e.* from ops.entries_as_of($1 at time zone 'utc', $2, mart.agreements_to_read()) as e;
end;
comment on function mart.journal_entries_as_of(timestamp, text) is
    'fact_journal_entries as they were at a moment (UTC), of all agreements or of one; the keys of dimensions lead to what those say now. docs/as-of.md';

create function mart.journal_entries_changed_since(since timestamp, of_agreement text default null)
returns table (
    agreement_key bigint, agreement_id text, entry_number text, change text, changed_at timestamp, run_id text,
    voucher_number text, old_voucher_number text, date date, old_date date, account_number text, old_account_number text,
    text text, old_text text, currency text, old_currency text, amount numeric, old_amount numeric,
    amount_base numeric, old_amount_base numeric
)
language sql stable security definer rows 1000
set search_path = pg_catalog, pg_temp
begin atomic
    select c.* from ops.changes_since($1 at time zone 'utc', $2, mart.agreements_to_read()) as c;
end;
comment on function mart.journal_entries_changed_since(timestamp, text) is
    'Postings added, changed and removed since a moment (UTC): as they are and as they were (old_…), when that was found and by which run. docs/as-of.md';

-- The same without what is personal: of vouchers that have a line on a personal account, now or then.
create function mart_masked.journal_entries_as_of(as_of timestamp, of_agreement text default null)
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
            or bool_or(a.account_key is not null) over (partition by e.agreement_key, e.voucher_key) as is_personal
        from ops.entries_as_of($1 at time zone 'utc', $2, mart_masked.agreements_to_read()) as e
        left join (select distinct k.account_key from ops.personal_account_key as k) as a on a.account_key = e.account_key
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
comment on function mart_masked.journal_entries_as_of(timestamp, text) is 'mart.journal_entries_as_of without what is personal.';

create function mart_masked.journal_entries_changed_since(since timestamp, of_agreement text default null)
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
comment on function mart_masked.journal_entries_changed_since(timestamp, text) is
    'mart.journal_entries_changed_since without what is personal.';
