-- grain: one posted ledger line
-- reads: core.ledger_entry, core.entry_dimension, core.account, core.accounting_year, core.agreement, mart.dim_period, mart.dim_document, core.key_map; rewritten_document of dim_document
-- writes: core.key_map, mart.fact_journal_entries
-- sign and currency: debit positive; remainder_base rounded to 2 decimals, half away from zero, where not given

-- The accounting year and period of every day of this agreement.
create temporary table period_of_day on commit drop as
select distinct on (d.date)
    d.date,
    y.accounting_year,
    p.period,
    coalesce(p.period_key, -1) as period_key
from core.accounting_year as y
inner join mart.dim_date as d on d.date between y.start_date and y.end_date
left join mart.dim_period as p
    on p.agreement_key = %(agreement_key)s
    and p.accounting_year = y.accounting_year
    and d.date between p.start_date and p.end_date
where y.agreement_id = %(agreement_id)s
    and not y.is_deleted
order by d.date, y.start_date, p.period_key;

create unique index on period_of_day (date);
analyze period_of_day;

-- Which entries must be written anew: changed ones, those that show something that changed, and those
-- of the window that is to be rewritten whatever changed. Where the whole ledger is new nothing else
-- need be looked at.
create temporary table changed_entry on commit drop as
select e.entry_number
from core.ledger_entry as e
where e.agreement_id = %(agreement_id)s
    and e.change_seq > %(since_ledger_entry)s
union
select e.entry_number
from core.account as c
inner join core.ledger_entry as e
    on e.agreement_id = c.agreement_id
    and e.account_number = c.account_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_account)s
    and %(since_ledger_entry)s > 0
union
select e.entry_number
from core.entry_dimension as e
where e.agreement_id = %(agreement_id)s
    and e.change_seq > %(since_entry_dimension)s
    and %(since_ledger_entry)s > 0
union
-- Who was unknown may have come; what else a party or a code says now is no column of this fact.
select f.entry_number
from mart.fact_journal_entries as f
where f.agreement_id = %(agreement_id)s
    and %(since_ledger_entry)s > 0
    and (
        (
            f.customer_key = -1
            and exists (
                select 1
                from core.customer as c
                where c.agreement_id = %(agreement_id)s
                    and c.change_seq > %(since_customer)s
            )
        )
        or (
            f.supplier_key = -1
            and exists (
                select 1
                from core.supplier as c
                where c.agreement_id = %(agreement_id)s
                    and c.change_seq > %(since_supplier)s
            )
        )
        or (
            f.department_key = -1
            and (
                exists (
                    select 1
                    from core.department as c
                    where c.agreement_id = %(agreement_id)s
                        and c.change_seq > %(since_department)s
                )
                or exists (
                    select 1
                    from core.departmental_distribution as c
                    where c.agreement_id = %(agreement_id)s
                        and c.change_seq > %(since_departmental_distribution)s
                )
            )
        )
        or (
            f.vat_key = -1
            and exists (
                select 1
                from core.vat as c
                where c.agreement_id = %(agreement_id)s
                    and c.change_seq > %(since_vat)s
            )
        )
    )
union
-- A year or period may have grown or shrunk: what is shown must be what the day says now.
select f.entry_number
from mart.fact_journal_entries as f
left join period_of_day as d on d.date = f.date
where f.agreement_id = %(agreement_id)s
    and %(since_ledger_entry)s > 0
    and (
        exists (
            select 1
            from core.accounting_year as c
            where c.agreement_id = %(agreement_id)s
                and c.change_seq > %(since_accounting_year)s
        )
        or exists (
            select 1
            from core.period as c
            where c.agreement_id = %(agreement_id)s
                and c.change_seq > %(since_period)s
        )
    )
    and (f.accounting_year, f.period, f.period_key)
        is distinct from (d.accounting_year, d.period, coalesce(d.period_key, -1))
union
-- Whose document came or went.
select f.entry_number
from rewritten_document as d
inner join mart.fact_journal_entries as f
    on f.agreement_id = %(agreement_id)s
    and f.voucher_number = d.document_number
    and f.accounting_year = d.accounting_year
where d.kind = 'voucher'
    and %(since_ledger_entry)s > 0
union
select f.entry_number
from rewritten_document as d
inner join mart.fact_journal_entries as f
    on f.agreement_id = %(agreement_id)s
    and f.invoice_number = d.document_number
    and f.entry_type = 'customer_invoice'
where d.kind = 'invoice'
    and %(since_ledger_entry)s > 0
union
select e.entry_number
from core.agreement as c
inner join core.ledger_entry as e on e.agreement_id = c.agreement_id
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_agreement)s
    and %(since_ledger_entry)s > 0
union
select e.entry_number
from core.ledger_entry as e
where e.agreement_id = %(agreement_id)s
    and e.date between %(window_start)s and %(window_end)s
union
select f.entry_number
from mart.fact_journal_entries as f
where f.agreement_id = %(agreement_id)s
    and f.date between %(window_start)s and %(window_end)s;

create unique index on changed_entry (entry_number);
analyze changed_entry;

-- After a first load the planner knows nothing of these tables yet and would join them row by row, or
-- merge them by agreement alone, which is the same. Hashing is right for many rows, known or not.
-- (ANALYZE here would hold a lock that other agreements wait for until this transaction ends.)
select
    set_config('enable_nestloop', s.is_on, true),
    set_config('enable_mergejoin', s.is_on, true)
from (
    select case when count(*) > 1000 and count(*) * 5 > max(t.reltuples) then 'off' else 'on' end as is_on
    from changed_entry as c
    cross join pg_class as t
    where t.oid = 'core.ledger_entry'::regclass
) as s;

create temporary table live_entry on commit drop as
select
    e.agreement_id,
    e.entry_number,
    e.voucher_number,
    e.date,
    d.accounting_year,
    d.period,
    coalesce(d.period_key, -1) as period_key,
    coalesce(d.accounting_year, '') || '|' || e.voucher_number as voucher
from changed_entry as c
inner join core.ledger_entry as e
    on e.agreement_id = %(agreement_id)s
    and e.entry_number = c.entry_number
left join period_of_day as d on d.date = e.date
where not e.is_deleted;

create unique index on live_entry (entry_number);
analyze live_entry;

insert into core.key_map (agreement_id, kind, source_key)
select
    e.agreement_id,
    'journal_entry' as kind,
    e.entry_number as source_key
from live_entry as e
left join core.key_map as k
    on k.agreement_id = e.agreement_id
    and k.kind = 'journal_entry'
    and k.source_key = e.entry_number
where k.key is null;

insert into core.key_map (agreement_id, kind, source_key)
select
    %(agreement_id)s as agreement_id,
    'voucher' as kind,
    e.voucher as source_key
from (select distinct l.voucher from live_entry as l) as e
left join core.key_map as k
    on k.agreement_id = %(agreement_id)s
    and k.kind = 'voucher'
    and k.source_key = e.voucher
where e.voucher is not null
    and k.key is null;

-- What differs from the facts as they stand, and only that, is written: an upsert that changes nothing
-- still locks the row and logs it.
create temporary table differing on commit drop as
with final as (
    select
        kj.key as journal_entry_key,
        %(agreement_key)s as agreement_key,
        e.agreement_id as agreement_id,
        e.entry_number as entry_number,
        coalesce(kv.key, -3) as voucher_key,
        e.voucher_number as voucher_number,
        e.journal_number as journal_number,
        e.entry_type as entry_type,
        case e.entry_type
            when 'customer_invoice' then 'sales_invoice'
            when 'manual_debtor_invoice' then 'sales_invoice'
            when 'supplier_invoice' then 'supplier_invoice'
            when 'customer_payment' then 'payment'
            when 'supplier_payment' then 'payment'
            when 'finance_voucher' then 'journal_entry'
            when 'reminder' then 'reminder'
            when 'opening_entry' then 'opening_balance'
            when 'transferred_opening_entry' then 'opening_balance'
            when 'system_entry' then 'system'
        end as event_type,
        e.date as date,
        to_char(e.date, 'yyyymmdd')::integer as date_key,
        l.accounting_year as accounting_year,
        l.period as period,
        l.period_key as period_key,
        coalesce(ka.key, -1) as account_key,
        e.account_number as account_number,
        a.name as account_name,
        coalesce(kd.key, case when d.member_number is null then -3 else -1 end) as department_key,
        d.member_number as department_number,
        coalesce(kp.key, case when e.project_number is null then -3 else -1 end) as project_key,
        coalesce(kc.key, case when e.customer_number is null then -3 else -1 end) as customer_key,
        coalesce(ks.key, case when e.supplier_number is null then -3 else -1 end) as supplier_key,
        coalesce(kt.key, case when e.vat_code is null then -3 else -1 end) as vat_key,
        e.vat_code as vat_code,
        e.text as text,
        coalesce(e.currency, g.base_currency) as currency,
        e.amount as amount,
        g.base_currency as base_currency,
        e.amount_base as amount_base,
        e.due_date as due_date,
        e.remainder as remainder,
        coalesce(
            e.remainder_base,
            case
                when e.remainder = 0 then 0
                else round(e.remainder * e.amount_base / nullif(e.amount, 0), 2)
            end
        ) as remainder_base,
        e.invoice_number as invoice_number,
        e.entry_type in ('opening_entry', 'transferred_opening_entry') as is_opening,
        coalesce(mv.document_key, mi.document_key, -3) as document_key,
        coalesce(mv.has_pdf, mi.has_pdf, false) as has_pdf
    from live_entry as l
    inner join core.ledger_entry as e
        on e.agreement_id = l.agreement_id
        and e.entry_number = l.entry_number
    inner join core.agreement as g on g.agreement_id = e.agreement_id
    inner join core.key_map as kj
        on kj.agreement_id = e.agreement_id
        and kj.kind = 'journal_entry'
        and kj.source_key = e.entry_number
    -- Left joins: what is given but not (yet) known is the unknown member.
    left join core.key_map as kv
        on kv.agreement_id = e.agreement_id
        and kv.kind = 'voucher'
        and kv.source_key = l.voucher
    left join core.account as a
        on a.agreement_id = e.agreement_id
        and a.account_number = e.account_number
    left join core.key_map as ka
        on ka.agreement_id = a.agreement_id
        and ka.kind = 'account'
        and ka.source_key = a.account_number
    left join core.key_map as kc
        on kc.agreement_id = e.agreement_id
        and kc.kind = 'customer'
        and kc.source_key = e.customer_number
    left join core.key_map as ks
        on ks.agreement_id = e.agreement_id
        and ks.kind = 'supplier'
        and ks.source_key = e.supplier_number
    left join core.entry_dimension as d
        on d.agreement_id = e.agreement_id
        and d.entry_number = e.entry_number
        and d.dimension_number = 1
        and not d.is_deleted
    left join core.key_map as kd
        on kd.agreement_id = d.agreement_id
        and kd.kind = 'department'
        and kd.source_key = d.member_number
    left join core.key_map as kt
        on kt.agreement_id = e.agreement_id
        and kt.kind = 'vat'
        and kt.source_key = e.vat_code
    left join core.key_map as kp
        on kp.agreement_id = e.agreement_id
        and kp.kind = 'project'
        and kp.source_key = e.project_number
    -- The document of a line is that of its voucher, else that of its invoice.
    left join mart.dim_document as mv
        on mv.agreement_key = %(agreement_key)s
        and mv.kind = 'voucher'
        and mv.document_number = e.voucher_number
        and mv.accounting_year = l.accounting_year
        and not mv.is_deleted
    left join mart.dim_document as mi
        on mi.agreement_key = %(agreement_key)s
        and mi.kind = 'invoice'
        and mi.document_number = e.invoice_number
        and e.entry_type = 'customer_invoice'
        and not mi.is_deleted
)

select
    f.journal_entry_key, f.agreement_key, f.agreement_id, f.entry_number, f.voucher_key,
    f.voucher_number, f.journal_number, f.entry_type, f.event_type, f.date, f.date_key,
    f.accounting_year, f.period, f.period_key, f.account_key, f.account_number, f.account_name,
    f.department_key, f.department_number, f.project_key, f.customer_key, f.supplier_key,
    f.vat_key, f.vat_code, f.text, f.currency, f.amount, f.base_currency, f.amount_base,
    f.due_date, f.remainder, f.remainder_base, f.invoice_number, f.is_opening, f.document_key,
    f.has_pdf,
    t.date as old_date,
    row(t.date, t.account_key, t.department_key, t.entry_type, t.amount_base)
        is distinct from row(f.date, f.account_key, f.department_key, f.entry_type, f.amount_base)
    as is_moved
from final as f
left join mart.fact_journal_entries as t on t.journal_entry_key = f.journal_entry_key
-- Row against row: `final` has the table's columns in the table's order, and a new column comes last.
where row(t.*) is distinct from row(f.*);

analyze differing;

create temporary table gone_entry on commit drop as
select
    t.entry_number,
    t.date
from changed_entry as c
inner join mart.fact_journal_entries as t
    on t.agreement_id = %(agreement_id)s
    and t.entry_number = c.entry_number
where not exists (select 1 from live_entry as l where l.entry_number = c.entry_number)
    -- A row whose number was damaged is mended under its key.
    and not exists (select 1 from differing as d where d.journal_entry_key = t.journal_entry_key);

-- For the facts that are made of these: lines that were written or went, and months whose sums change;
-- all of them where the whole ledger is looked at, since those facts may be new themselves.
create temporary table rewritten_entry on commit drop as
select d.entry_number
from differing as d
union
select g.entry_number
from gone_entry as g
union
select l.entry_number
from live_entry as l
where %(since_ledger_entry)s = 0;

analyze rewritten_entry;

create temporary table touched_month on commit drop as
select date_trunc('month', d.date)::date as month
from differing as d
where d.is_moved
union
select date_trunc('month', d.old_date)::date as month
from differing as d
where d.is_moved
    and d.old_date is not null
union
select date_trunc('month', g.date)::date as month
from gone_entry as g
union
select date_trunc('month', l.date)::date as month
from live_entry as l
where l.date between %(window_start)s and %(window_end)s
    or %(since_ledger_entry)s = 0;

analyze touched_month;

with upserted as (
    insert into mart.fact_journal_entries as t (
        journal_entry_key, agreement_key, agreement_id, entry_number, voucher_key,
        voucher_number, journal_number, entry_type, event_type, date, date_key, accounting_year,
        period, period_key, account_key, account_number, account_name, department_key,
        department_number, project_key, customer_key, supplier_key, vat_key, vat_code, text,
        currency, amount, base_currency, amount_base, due_date, remainder, remainder_base,
        invoice_number, is_opening, document_key, has_pdf
    )
    select
        journal_entry_key, agreement_key, agreement_id, entry_number, voucher_key,
        voucher_number, journal_number, entry_type, event_type, date, date_key, accounting_year,
        period, period_key, account_key, account_number, account_name, department_key,
        department_number, project_key, customer_key, supplier_key, vat_key, vat_code, text,
        currency, amount, base_currency, amount_base, due_date, remainder, remainder_base,
        invoice_number, is_opening, document_key, has_pdf
    from differing
    on conflict (journal_entry_key) do update set
        agreement_key = excluded.agreement_key,
        agreement_id = excluded.agreement_id,
        entry_number = excluded.entry_number,
        voucher_key = excluded.voucher_key,
        voucher_number = excluded.voucher_number,
        journal_number = excluded.journal_number,
        entry_type = excluded.entry_type,
        event_type = excluded.event_type,
        date = excluded.date,
        date_key = excluded.date_key,
        accounting_year = excluded.accounting_year,
        period = excluded.period,
        period_key = excluded.period_key,
        account_key = excluded.account_key,
        account_number = excluded.account_number,
        account_name = excluded.account_name,
        department_key = excluded.department_key,
        department_number = excluded.department_number,
        project_key = excluded.project_key,
        customer_key = excluded.customer_key,
        supplier_key = excluded.supplier_key,
        vat_key = excluded.vat_key,
        vat_code = excluded.vat_code,
        text = excluded.text,
        currency = excluded.currency,
        amount = excluded.amount,
        base_currency = excluded.base_currency,
        amount_base = excluded.amount_base,
        due_date = excluded.due_date,
        remainder = excluded.remainder,
        remainder_base = excluded.remainder_base,
        invoice_number = excluded.invoice_number,
        is_opening = excluded.is_opening,
        document_key = excluded.document_key,
        has_pdf = excluded.has_pdf
    returning (t.xmax = 0) as is_new
),

deleted as (
    delete from mart.fact_journal_entries as t
    using gone_entry as g
    where t.agreement_id = %(agreement_id)s
        and t.entry_number = g.entry_number
    returning 1
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    (select count(*) from deleted) as deleted;
