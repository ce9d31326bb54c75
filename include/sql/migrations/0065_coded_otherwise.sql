-- What has changed since also shows postings that were coded otherwise: VAT, project, customer, supplier, invoice, due date. docs/as-of.md

drop function mart_masked.journal_entries_changed_since(timestamp, text);
drop function mart.journal_entries_changed_since(timestamp, text);
drop function ops.changes_since(timestamptz, text, bigint []);
-- Their statements do not know these columns; the next refresh of any agreement's facts makes its vendor's anew. The past itself can
-- be shown meanwhile, and of companies that no night is run of any more.
alter table ops.replay alter column changes drop not null;
update ops.replay set changes = null, checksum = '';
comment on column ops.replay.changes is
    'SELECT of the same, and $4 the change sequences of now: the postings that differ. NULL until the first refresh after an upgrade that changes its columns.';

-- What cannot be stored now is set aside; what could not be shown then is told by name.
create or replace function ops.entries_as_of(moment timestamptz, of_agreement text, keys bigint [])
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
        begin
            return query execute place.entries using place.id, place.key, ops.reached_at(place.id, $1);
        exception when data_exception then
            raise exception 'agreement %: a record of then holds what cannot be shown (%); while it is so at the vendor, ops.set_aside names it. Other agreements can be asked for by their id', place.id, sqlerrm;
        end;
    end loop;
end
$$;

create function ops.changes_since(moment timestamptz, of_agreement text, keys bigint [])
returns table (
    agreement_key bigint, agreement_id text, entry_number text, change text, changed_at timestamp, run_id text,
    voucher_number text, old_voucher_number text, date date, old_date date, account_number text, old_account_number text,
    text text, old_text text, currency text, old_currency text, amount numeric, old_amount numeric,
    amount_base numeric, old_amount_base numeric,
    vat_code text, old_vat_code text, project_number text, old_project_number text,
    customer_number text, old_customer_number text, supplier_number text, old_supplier_number text,
    invoice_number text, old_invoice_number text, due_date date, old_due_date date
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
        begin
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
                'c.n_amount, c.o_amount, c.n_amount_base, c.o_amount_base, c.n_vat_code, c.o_vat_code, '
                'coalesce(np.code, c.n_project_number), coalesce(op.code, c.o_project_number), '
                'coalesce(nc.code, c.n_customer_number), coalesce(oc.code, c.o_customer_number), '
                'coalesce(ns.code, c.n_supplier_number), coalesce(os.code, c.o_supplier_number), '
                'c.n_invoice_number, c.o_invoice_number, c.n_due_date, c.o_due_date '
                'from c inner join core.agreement as g on g.agreement_id = $1 '
                'left join core.account as na on na.agreement_id = $1 and na.account_number = c.n_account_number '
                'left join core.account as oa on oa.agreement_id = $1 and oa.account_number = c.o_account_number '
                'left join core.project as np on np.agreement_id = $1 and np.project_number = c.n_project_number '
                'left join core.project as op on op.agreement_id = $1 and op.project_number = c.o_project_number '
                'left join core.customer as nc on nc.agreement_id = $1 and nc.customer_number = c.n_customer_number '
                'left join core.customer as oc on oc.agreement_id = $1 and oc.customer_number = c.o_customer_number '
                'left join core.supplier as ns on ns.agreement_id = $1 and ns.supplier_number = c.n_supplier_number '
                'left join core.supplier as os on os.agreement_id = $1 and os.supplier_number = c.o_supplier_number '
                -- Where postings are made of documents, their numbers begin with the document''s.
                'left join w on w.source_key = case when array_length($5, 1) = 1 then c.entry_number else split_part(c.entry_number, ''|'', 1) end'
            using place.id, place.key, since, reached, place.entities, place.vendor;
        exception when data_exception then
            raise exception 'agreement %: a record of then holds what cannot be shown (%); while it is so at the vendor, ops.set_aside names it. Other agreements can be asked for by their id', place.id, sqlerrm;
        end;
    end loop;
end
$$;
comment on function ops.changes_since(timestamptz, text, bigint []) is
    'Postings that the facts show otherwise than at a moment, of all agreements among the keys or of one.';

create function mart.journal_entries_changed_since(since timestamp, of_agreement text default null)
returns table (
    agreement_key bigint, agreement_id text, entry_number text, change text, changed_at timestamp, run_id text,
    voucher_number text, old_voucher_number text, date date, old_date date, account_number text, old_account_number text,
    text text, old_text text, currency text, old_currency text, amount numeric, old_amount numeric,
    amount_base numeric, old_amount_base numeric,
    vat_code text, old_vat_code text, project_number text, old_project_number text,
    customer_number text, old_customer_number text, supplier_number text, old_supplier_number text,
    invoice_number text, old_invoice_number text, due_date date, old_due_date date
)
language sql stable security definer rows 1000
set search_path = pg_catalog, pg_temp
begin atomic
    select c.* from ops.changes_since($1 at time zone 'utc', $2, mart.agreements_to_read()) as c;
end;
comment on function mart.journal_entries_changed_since(timestamp, text) is
    'Postings added, changed and removed since a moment (UTC): as they are and as they were (old_…), when that was found and by which run. docs/as-of.md';

-- As in 0061; who and which invoice a posting of a personal voucher names is hidden like its text.
create function mart_masked.journal_entries_changed_since(since timestamp, of_agreement text default null)
returns table (
    agreement_key bigint, agreement_id text, entry_number text, change text, changed_at timestamp, run_id text,
    voucher_number text, old_voucher_number text, date date, old_date date, account_number text, old_account_number text,
    text text, old_text text, currency text, old_currency text, amount numeric, old_amount numeric,
    amount_base numeric, old_amount_base numeric,
    vat_code text, old_vat_code text, project_number text, old_project_number text,
    customer_number text, old_customer_number text, supplier_number text, old_supplier_number text,
    invoice_number text, old_invoice_number text, due_date date, old_due_date date
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
        s.currency, s.old_currency, s.amount, s.old_amount, s.amount_base, s.old_amount_base,
        s.vat_code, s.old_vat_code, s.project_number, s.old_project_number,
        case when s.is_personal and s.change <> 'removed' then '(hidden)' else s.customer_number end,
        case when s.is_personal and s.change <> 'added' then '(hidden)' else s.old_customer_number end,
        case when s.is_personal and s.change <> 'removed' then '(hidden)' else s.supplier_number end,
        case when s.is_personal and s.change <> 'added' then '(hidden)' else s.old_supplier_number end,
        case when s.is_personal and s.change <> 'removed' then '(hidden)' else s.invoice_number end,
        case when s.is_personal and s.change <> 'added' then '(hidden)' else s.old_invoice_number end,
        s.due_date, s.old_due_date
    from shown as s;
end;
comment on function mart_masked.journal_entries_changed_since(timestamp, text) is
    'mart.journal_entries_changed_since without what is personal.';
