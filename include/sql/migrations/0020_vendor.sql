-- Which entity brings a vendor's ledger, as its object says: how fresh facts are depends on it, whatever it is called.

create table ops.vendor (
    vendor text primary key,
    ledger_entity text not null
);
comment on table ops.vendor is 'What SQL must know of a vendor: as its object in saldo.vendors says, written with the facts.';
comment on column ops.vendor.vendor is 'Name of the vendor, as in the agreement''s file.';
comment on column ops.vendor.ledger_entity is 'The entity that fills core.ledger_entry.';

-- The only vendor whose facts are there already.
insert into ops.vendor (vendor, ledger_entity) values ('economic', 'entries');

create view ops.ledger_run as
select
    f.agreement_id,
    f.run_id,
    f.finished_at
from ops.sync_run as f
inner join mart.dim_agreement as a on a.agreement_id = f.agreement_id
inner join ops.vendor as v on v.vendor = a.vendor
inner join ops.sync_run as e
    on e.agreement_id = f.agreement_id
    and e.run_id = f.run_id
    and e.entity = v.ledger_entity
    and e.status = 'success'
    and e.mode <> 'window'
    and e.finished_at <= f.finished_at
where f.entity = 'facts' and f.status = 'success';
comment on view ops.ledger_run is
    'Runs that brought the ledger and then the facts: reports show the data of the last one.';
comment on column ops.ledger_run.agreement_id is 'The agreement''s id, as in its file.';
comment on column ops.ledger_run.run_id is 'The run of the DAG.';
comment on column ops.ledger_run.finished_at is 'When its facts were done (UTC).';

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
    c.difference::numeric(19, 4) as difference,
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
            and o.control not in ('entry_count', 'invoice_count', 'customer_balances')
        group by o.control
    ) as s
) as c on coalesce(l.checked_at, i.checked_at) is not null
where a.agreement_key > 0;
