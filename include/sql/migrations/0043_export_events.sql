-- What accounting systems say of exports by themselves, by a signed call.

create table ops.export_event (
    organisation text not null,
    event_id text not null,
    export_id uuid not null references ops.export_job on delete cascade,
    occurred_at timestamptz not null,
    received_at timestamptz not null,
    status text not null check (status in ('created', 'posted', 'failed')),
    external_reference text,
    message text,
    outcome text not null check (outcome in ('applied', 'noted', 'late')),
    primary key (organisation, event_id)
);
create index export_event_by_job on ops.export_event (export_id, occurred_at);
create index export_event_by_time on ops.export_event (received_at);
comment on table ops.export_event is
    'What accounting systems said of exports by signed calls, one row an event: the same one again is not taken for another.';
comment on column ops.export_event.organisation is 'Of its export: ops.export_job.';
comment on column ops.export_event.event_id is 'As the accounting system numbers them.';
comment on column ops.export_event.export_id is 'Which export: ops.export_job.';
comment on column ops.export_event.occurred_at is 'When it happened there (UTC).';
comment on column ops.export_event.received_at is 'When it came in (UTC).';
comment on column ops.export_event.status is 'What became of the export there: created, posted or failed.';
comment on column ops.export_event.external_reference is 'What the accounting system calls it.';
comment on column ops.export_event.message is 'What it says of it.';
comment on column ops.export_event.outcome is
    'applied (the export has another status by it), noted (it has not), late (a later one was applied before).';

-- Before an export was first sent, nothing else says whose company it is.
alter table ops.export_breaker add column organisation text;
comment on column ops.export_breaker.organisation is 'Whose exports called last.';
