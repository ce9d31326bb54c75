-- What every staging table looks like, what was replaced, and the keys a read has seen.

create sequence staging.change_seq;

create table staging.template (
    agreement_id text not null,
    source_key text not null,
    payload jsonb not null,
    payload_hash bytea not null,
    landed_at timestamptz not null,
    run_id text not null,
    deleted_at timestamptz,
    change_seq bigint not null,
    primary key (agreement_id, source_key)
);
create index on staging.template (agreement_id, change_seq);
comment on table staging.template is
    'The shape of every staging table; they are made like it when an entity first lands.';
comment on column staging.template.payload is 'The record as received; \u0000 and lone surrogates are U+FFFD.';
comment on column staging.template.payload_hash is 'blake2b-128 of the bytes received.';
comment on column staging.template.run_id is 'The run of the last change.';
comment on column staging.template.deleted_at is 'When the record was found gone at the vendor.';
comment on column staging.template.change_seq is
    'Grows with every change of an (agreement, entity); core follows it.';

create table staging.history (
    vendor text not null,
    entity text not null,
    agreement_id text not null,
    source_key text not null,
    payload jsonb not null,
    payload_hash bytea not null,
    landed_at timestamptz not null,
    run_id text not null,
    replaced_at timestamptz not null,
    replaced_by text not null,
    is_deletion boolean not null
);
create index history_by_key on staging.history (agreement_id, entity, source_key, replaced_at);
comment on table staging.history is
    'Payloads that were replaced or deleted: what a past day''s report was made of.';

-- Unlogged: after a crash it is empty, which the reader notices by its count and starts over.
create unlogged table staging.seen (
    agreement_id text not null,
    entity text not null,
    source_key text not null,
    primary key (agreement_id, entity, source_key)
);
comment on table staging.seen is 'Keys seen so far by a read that must find what is missing.';
