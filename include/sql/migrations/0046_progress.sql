-- Progress: how far a task has come, of how much, and how fast, in its row of ops.sync_run. It is written in the
-- transactions that hold what was done, so that it is never ahead of it.

alter table ops.sync_run
    add column done bigint,
    add column total bigint,
    add column is_estimate boolean not null default false,
    add column unit text,
    add column step text,
    add column rate_per_s numeric(19, 4),
    add column moved_at timestamptz,
    add column backend_pid integer;
-- Not with the column: rows that are there would have that of this migration.
alter table ops.sync_run alter column backend_pid set default pg_backend_pid();

comment on column ops.sync_run.done is
    'How much of the work is done and committed, of this try and of earlier ones it goes on from; NULL where nothing is measured.';
comment on column ops.sync_run.total is
    'How much there is to do, as the vendor announced or as was counted; NULL where nobody knows. It may grow.';
comment on column ops.sync_run.is_estimate is 'Whether total is about right only.';
comment on column ops.sync_run.unit is 'What done and total count: records, rows, documents, claims, tables, files, entities.';
comment on column ops.sync_run.step is 'What the task is at, where it has several steps: core, or the table or entity being written.';
comment on column ops.sync_run.rate_per_s is 'Units a second over the last half minute that was measured; NULL before anything was.';
comment on column ops.sync_run.moved_at is 'When progress was written last; NULL where nothing was measured.';
comment on column ops.sync_run.backend_pid is
    'The server process of the connection that wrote the row: a row on running whose connection is gone is of a task that was killed.';
