-- How far a run reads entries and invoices, so that whatever they name is landed after.

create table ops.cutoff (
    agreement_id text not null,
    entity text not null,
    dag_id text not null,
    run_id text not null,
    highest bigint not null,
    noted_at timestamptz not null,
    primary key (agreement_id, entity)
);
comment on table ops.cutoff is
    'How far the latest run read an entity whose numbers grow: what is booked after its start waits for the next one.';
comment on column ops.cutoff.agreement_id is 'The agreement''s id, as in its file.';
comment on column ops.cutoff.entity is 'Entity, as in the names of tasks and staging tables.';
comment on column ops.cutoff.dag_id is 'The DAG of that run.';
comment on column ops.cutoff.run_id is 'That run: no other is bound by it.';
comment on column ops.cutoff.highest is 'The highest number there was when the run began.';
comment on column ops.cutoff.noted_at is 'When it was asked for (UTC).';
