-- What callers of the REST routes may send twice, exports that were asked for and run as a DAG, and events of webhooks.

create table ops.idempotency_key (
    actor text not null,
    key text not null,
    request_hash text not null,
    path text not null,
    asked_at timestamptz not null,
    answered_at timestamptz,
    status smallint,
    body jsonb,
    headers jsonb,
    primary key (actor, key)
);
create index idempotency_key_by_time on ops.idempotency_key (asked_at);
comment on table ops.idempotency_key is
    'Requests to REST routes that had an Idempotency-Key, with what was answered: the same request again gets the same answer.';
comment on column ops.idempotency_key.actor is 'Who asked: the name they are logged in with. Keys of others are other keys.';
comment on column ops.idempotency_key.key is 'The key, as the caller made it.';
comment on column ops.idempotency_key.request_hash is 'SHA-256 of method, path and body: another request may not use the key.';
comment on column ops.idempotency_key.path is 'Method and path.';
comment on column ops.idempotency_key.asked_at is 'When it came (UTC).';
comment on column ops.idempotency_key.answered_at is
    'When it was answered (UTC). NULL: it is being worked on, or whoever did so was ended; the same request then starts again.';
comment on column ops.idempotency_key.status is 'The HTTP status of the answer.';
comment on column ops.idempotency_key.body is 'The answer.';
comment on column ops.idempotency_key.headers is 'Headers of the answer that belong to it, such as Location.';

create table ops.export_request (
    request_id uuid primary key,
    agreement_id text not null,
    actor text not null,
    asked_at timestamptz not null,
    request jsonb not null,
    status text not null default 'waiting' check (status in ('waiting', 'running', 'done', 'failed')),
    run_id text,
    file_name text,
    documents bigint,
    rows bigint,
    error_family text,
    error_message text,
    finished_at timestamptz
);
create index export_request_by_time on ops.export_request (asked_at);
comment on table ops.export_request is 'Exports that were asked for by REST and take too long for an answer: the DAG saldo_exports makes them.';
comment on column ops.export_request.request_id is 'Its number, in the link to its state.';
comment on column ops.export_request.agreement_id is 'Whose documents.';
comment on column ops.export_request.actor is 'Who asked: the name they are logged in with.';
comment on column ops.export_request.asked_at is 'When (UTC).';
comment on column ops.export_request.request is 'What they asked for: ids or filters, layout, ext, noLog, again; madeFor: see ops.export_file.made_for.';
comment on column ops.export_request.status is 'waiting, running, done, or failed (error_message says why).';
comment on column ops.export_request.run_id is 'The run of saldo_exports.';
comment on column ops.export_request.file_name is 'The file it became. NULL: none yet, or there was nothing to export.';
comment on column ops.export_request.documents is 'Documents in the file.';
comment on column ops.export_request.rows is 'Rows in the file.';
comment on column ops.export_request.error_family is 'What kind of error it failed with.';
comment on column ops.export_request.error_message is 'Why it failed, and what to do.';
comment on column ops.export_request.finished_at is 'When it was done or failed (UTC).';

create table ops.webhook_event (
    agreement_id text not null,
    event text not null,
    received_at timestamptz not null,
    run_id text,
    primary key (agreement_id, event)
);
create index webhook_event_by_time on ops.webhook_event (received_at);
comment on table ops.webhook_event is
    'Calls of vendors that were good: the same one again is not taken for another. Nothing of their content is kept.';
comment on column ops.webhook_event.agreement_id is 'Whose vendor called.';
comment on column ops.webhook_event.event is 'SHA-256 of what the call said.';
comment on column ops.webhook_event.received_at is 'When it came (UTC).';
comment on column ops.webhook_event.run_id is 'The sync that it started, or that was about to start.';
