-- Maintenance: who did what, what was removed and why it may be, how large tables are, what a report has told.

alter table ops.audit
    add column dag_id text,
    add column run_id text;
-- Every task of a run may say who started it: it is noted once.
create unique index audit_run_started on ops.audit (dag_id, run_id) where action = 'run started';
create index audit_by_agreement on ops.audit (agreement_id, at desc);
create index audit_by_time on ops.audit (at);
comment on table ops.audit is
    'Who did what: runs started by people, deletes they confirmed, documents they opened. Schedules are in ops.sync_run.';
comment on column ops.audit.actor is
    'Who: the name the person is logged in with; of a command, the user of the machine.';
comment on column ops.audit.action is
    'run started, run cancelled, deletes confirmed, document opened, exported, personal data erased.';
comment on column ops.audit.agreement_id is 'The agreement''s id; NULL where it concerns none.';
comment on column ops.audit.detail is 'With what: parameters, entity and counts, document.';
comment on column ops.audit.dag_id is 'The DAG, where it is about a run.';
comment on column ops.audit.run_id is 'The run, where it is about one.';

alter table ops.drift
    add column reported_at timestamptz;
comment on column ops.drift.reported_at is 'When a drift report first told of it; NULL: the next one will.';

-- They grow at their end: a block-range index finds what is old and costs a night nothing.
create index history_by_time on staging.history using brin (replaced_at);
create index proof_by_time on ops.proof using brin (checked_at);
create index validation_result_by_time on ops.validation_result using brin (checked_at);

create table ops.removal (
    run_id text not null,
    subject text not null,
    older_than timestamptz not null,
    removed bigint not null,
    bytes bigint,
    at timestamptz not null,
    primary key (run_id, subject)
);
create index removal_by_time on ops.removal (at);
comment on table ops.removal is 'What maintenance removed because its time was over, one row per run and subject.';
comment on column ops.removal.run_id is 'The run of saldo_maintenance.';
comment on column ops.removal.subject is 'A table of the warehouse, airflow (its own database), or task logs.';
comment on column ops.removal.older_than is 'What was older than this could go (UTC).';
comment on column ops.removal.removed is 'Rows, or files of task logs.';
comment on column ops.removal.bytes is 'Bytes of files; NULL for rows, whose space Postgres uses again.';
comment on column ops.removal.at is 'When the last of them went (UTC).';

create table ops.table_size (
    measured_at timestamptz not null,
    schema_name text not null,
    table_name text not null,
    live_rows bigint not null,
    dead_rows bigint not null,
    table_bytes bigint not null,
    toast_bytes bigint not null,
    index_bytes bigint not null,
    total_bytes bigint not null,
    free_bytes bigint,
    vacuumed_at timestamptz,
    primary key (measured_at, schema_name, table_name)
);
comment on table ops.table_size is 'How large the warehouse''s tables are, measured weekly after VACUUM.';
comment on column ops.table_size.measured_at is 'When (UTC).';
comment on column ops.table_size.schema_name is 'Schema.';
comment on column ops.table_size.table_name is 'Table.';
comment on column ops.table_size.live_rows is 'Rows, as Postgres estimates them.';
comment on column ops.table_size.dead_rows is
    'Versions of rows nobody needs that VACUUM has left: many of them mean that something holds it back.';
comment on column ops.table_size.table_bytes is 'The table itself.';
comment on column ops.table_size.toast_bytes is 'Large values kept beside it.';
comment on column ops.table_size.index_bytes is 'Its indexes.';
comment on column ops.table_size.total_bytes is 'All of it.';
comment on column ops.table_size.free_bytes is
    'Estimate of the table''s bytes that hold nothing (bloat); new rows fill them. NULL: never analysed.';
comment on column ops.table_size.vacuumed_at is 'When it was last vacuumed (UTC).';

create view ops.table_growth as
with measured as (
    select max(measured_at) as at
    from ops.table_size
),

final as (
    select
        t.schema_name,
        t.table_name,
        t.measured_at,
        t.total_bytes,
        t.total_bytes - week.total_bytes as week_bytes,
        t.total_bytes - month.total_bytes as month_bytes,
        t.live_rows,
        t.dead_rows,
        t.free_bytes
    from ops.table_size as t
    inner join measured as m on m.at = t.measured_at
    left join lateral (
        select b.total_bytes
        from ops.table_size as b
        where b.schema_name = t.schema_name
            and b.table_name = t.table_name
            and b.measured_at <= t.measured_at - interval '6 days'
        order by b.measured_at desc
        limit 1
    ) as week on true
    left join lateral (
        select b.total_bytes
        from ops.table_size as b
        where b.schema_name = t.schema_name
            and b.table_name = t.table_name
            and b.measured_at <= t.measured_at - interval '27 days'
        order by b.measured_at desc
        limit 1
    ) as month on true
)

select
    schema_name,
    table_name,
    measured_at,
    total_bytes,
    week_bytes,
    month_bytes,
    live_rows,
    dead_rows,
    free_bytes
from final;
comment on view ops.table_growth is 'The newest sizes, and what tables have grown by in a week and in four.';
comment on column ops.table_growth.schema_name is 'Schema.';
comment on column ops.table_growth.table_name is 'Table.';
comment on column ops.table_growth.measured_at is 'When (UTC).';
comment on column ops.table_growth.total_bytes is 'Table, large values and indexes.';
comment on column ops.table_growth.week_bytes is 'More than a week before; NULL: not measured then.';
comment on column ops.table_growth.month_bytes is 'More than four weeks before; NULL: not measured then.';
comment on column ops.table_growth.live_rows is 'Rows, as Postgres estimates them.';
comment on column ops.table_growth.dead_rows is 'Versions of rows nobody needs that VACUUM has left.';
comment on column ops.table_growth.free_bytes is 'Estimate of the table''s bytes that hold nothing.';
