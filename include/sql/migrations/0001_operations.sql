-- Schemas, the reader's role, and what operators look at: runs, watermarks, proofs, drift, alerts.

create schema if not exists staging;
create schema if not exists core;
create schema if not exists mart;
create schema if not exists ops;

-- Roles belong to the cluster: another database of it may have made this one a moment ago.
do $$
begin
    create role powerbi nologin noinherit;
exception
    when duplicate_object or unique_violation then null;
    when insufficient_privilege then
        if not exists (select from pg_roles where rolname = 'powerbi') then
            raise exception 'the role powerbi is missing and may not be made here'
                using hint = 'ask an administrator to run: create role powerbi nologin noinherit';
        end if;
end
$$;

comment on schema staging is 'Records as the vendors sent them, one table per vendor and entity.';
comment on schema core is 'Typed records in one shape for all vendors.';
comment on schema mart is 'Dimensions and facts for reports. Debit positive, credit negative.';
comment on schema ops is 'What ran, how far it came, and what was found.';

create table ops.sync_run (
    sync_run_id bigint generated always as identity primary key,
    agreement_id text not null,
    entity text not null,
    dag_id text not null,
    run_id text not null,
    try_number integer not null,
    mode text not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    status text not null check (status in ('running', 'success', 'failed', 'skipped')),
    requests bigint not null default 0,
    retries bigint not null default 0,
    throttled bigint not null default 0,
    pages bigint not null default 0,
    bytes_in bigint not null default 0,
    rows_read bigint not null default 0,
    rows_inserted bigint not null default 0,
    rows_updated bigint not null default 0,
    rows_unchanged bigint not null default 0,
    rows_deleted bigint not null default 0,
    error_family text,
    error_message text,
    note text
);
create index sync_run_by_agreement on ops.sync_run (agreement_id, entity, started_at desc);
create index sync_run_by_start on ops.sync_run (started_at);
comment on table ops.sync_run is
    'One row per agreement, entity (or facts), run and try. A row that stays on running was killed.';

create table ops.watermark (
    agreement_id text not null,
    entity text not null,
    cursor jsonb not null,
    resume jsonb,
    updated_at timestamptz not null,
    primary key (agreement_id, entity)
);
comment on table ops.watermark is
    'How far an entity has been read. cursor: marker, and when all of it was last read (full_at).';
comment on column ops.watermark.resume is
    'A read that was begun and not finished: which, how to go on, and how many records it holds so far.';

create table ops.progress (
    agreement_id text not null,
    consumer text not null,
    source text not null,
    change_seq bigint not null,
    primary key (agreement_id, consumer, source)
);
comment on table ops.progress is
    'How far core has followed staging and mart has followed core, by change sequence.';

create table ops.proof (
    proof_id bigint generated always as identity primary key,
    agreement_id text not null,
    run_id text not null,
    checked_at timestamptz not null,
    control text not null,
    entity text not null,
    account_number text,
    period text,
    vendor_value numeric(19, 4),
    warehouse_value numeric(19, 4),
    difference numeric(19, 4),
    ok boolean not null
);
create index proof_by_agreement on ops.proof (agreement_id, checked_at desc);
comment on table ops.proof is 'Comparisons of the facts with the vendor''s own control totals.';

create table ops.drift (
    agreement_id text not null,
    vendor text not null,
    entity text not null,
    field text not null,
    first_seen_at timestamptz not null,
    run_id text not null,
    records bigint not null,
    primary key (agreement_id, entity, field)
);
comment on table ops.drift is
    'Fields a vendor sends that the entity''s declaration does not know. They are kept in staging.';

create table ops.alert (
    alert_id bigint generated always as identity primary key,
    agreement_id text not null,
    task text not null,
    opened_at timestamptz not null,
    closed_at timestamptz,
    sent_at timestamptz,
    failures integer not null,
    reason text
);

create table ops.audit (
    audit_id bigint generated always as identity primary key,
    at timestamptz not null,
    actor text not null,
    action text not null,
    agreement_id text,
    detail jsonb
);

create table ops.heartbeat (
    component text not null,
    at timestamptz not null,
    ok boolean not null,
    detail text,
    primary key (component, at)
);
