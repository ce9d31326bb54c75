-- Why the past cannot be shown is told apart: there is none yet, or a record of then cannot be shown. docs/as-of.md

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
            raise exception 'agreement %: its past cannot be shown before its next night', place.id
                using errcode = 'object_not_in_prerequisite_state';
        end if;
        begin
            return query execute place.entries using place.id, place.key, ops.reached_at(place.id, $1);
        exception when data_exception then
            raise exception 'agreement %: a record of then holds what cannot be shown (%); while it is so at the vendor, ops.set_aside names it', place.id, sqlerrm
                using errcode = 'data_exception', hint = 'other agreements can be asked for by their id';
        end;
    end loop;
end
$$;

create or replace function ops.changes_since(moment timestamptz, of_agreement text, keys bigint [])
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
            raise exception 'agreement %: its past cannot be shown before its next night', place.id
                using errcode = 'object_not_in_prerequisite_state';
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
            raise exception 'agreement %: a record of then holds what cannot be shown (%); while it is so at the vendor, ops.set_aside names it', place.id, sqlerrm
                using errcode = 'data_exception', hint = 'other agreements can be asked for by their id';
        end;
    end loop;
end
$$;
