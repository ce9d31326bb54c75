-- Records that cannot be stored are set aside by name, so that all others go on.

create table ops.set_aside (
    agreement_id text not null,
    entity text not null,
    source_key text not null,
    field text not null,
    value text not null,
    reason text not null,
    first_seen_at timestamptz not null,
    change_seq bigint not null,
    told_at timestamptz,
    primary key (agreement_id, entity, source_key)
);
comment on table ops.set_aside is
    'Records with a value that cannot be stored: core keeps the state it held last, if any. And numbers of facts that were computed too large (entity: the table). Both are tried again when the vendor changes them, and in full runs.';
comment on column ops.set_aside.agreement_id is 'The agreement''s id, as in its file.';
comment on column ops.set_aside.entity is 'Entity, as in the names of tasks and staging tables.';
comment on column ops.set_aside.source_key is 'The vendor''s key of the record, as in staging.';
comment on column ops.set_aside.field is 'The field, as the vendor writes it; the column of core where several make it.';
comment on column ops.set_aside.value is 'Its value; empty where it has none.';
comment on column ops.set_aside.reason is 'Why it cannot be stored, in words that follow field and value.';
comment on column ops.set_aside.first_seen_at is 'When it was set aside (UTC).';
comment on column ops.set_aside.change_seq is 'The write of core that tried it last.';
alter table ops.alert
    drop constraint alert_kind_check,
    add constraint alert_kind_check check (kind in ('failure', 'late', 'expiry', 'word', 'set_aside'));
comment on column ops.alert.kind is
    'failure: a task keeps failing. late: a night has not finished by its time. expiry: a key is about to expire, or has. word: a vendor has added a word to a list; closed from the start. set_aside: records cannot be stored.';
comment on column ops.set_aside.told_at is 'When people were notified of it; NULL: not yet.';

-- A count is no amount.
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
where a.agreement_key > 0;
