-- The lake: which Parquet files there are of whom, and what a record was at any change since.

alter table staging.history
add column change_seq bigint,
add column replaced_seq bigint;

create index history_by_change on staging.history using brin (replaced_seq)
with (pages_per_range = 16, autosummarize = on);

-- What a read that has not ended has replaced since core last looked: it is still what files show.
do $$
declare
    place record;
begin
    for place in
        select
            c.oid::regclass as relation,
            substring(c.relname from position('_' in c.relname) + 1) as entity
        from pg_class as c
        inner join pg_attribute as a
            on a.attrelid = c.oid
            and a.attname = 'change_seq'
        where c.relnamespace = 'staging'::regnamespace
            and c.relkind = 'r'
            and c.relname not in ('template', 'history')
    loop
        execute format(
            'update staging.history as h set change_seq = 0, replaced_seq = s.change_seq '
            'from %s as s '
            'left join ops.progress as p on p.agreement_id = s.agreement_id '
            'and p.consumer = ''core'' and p.source = %L '
            'where s.change_seq > coalesce(p.change_seq, 0) '
            'and h.agreement_id = s.agreement_id and h.entity = %L and h.source_key = s.source_key '
            'and h.replaced_at = (select max(n.replaced_at) from staging.history as n '
            'where n.agreement_id = h.agreement_id and n.entity = h.entity and n.source_key = h.source_key)',
            place.relation,
            place.entity,
            place.entity
        );
    end loop;
end
$$;

comment on column staging.history.change_seq is
    'The change by which the payload came; null of what was replaced before 2026-12.';
comment on column staging.history.replaced_seq is
    'The change by which it was replaced or deleted; null of what was replaced before 2026-12.';

create table ops.lake_schema (
    schema_hash text primary key,
    columns jsonb not null
);
comment on table ops.lake_schema is 'The columns of Parquet files: [[name, type], ...].';

create table ops.lake_file (
    lake_file_id bigint generated always as identity primary key,
    agreement_id text not null,
    vendor text not null,
    entity text not null,
    kind text not null check (kind in ('full_sync', 'sync_changes')),
    lake text not null,
    path text not null,
    stamp timestamptz not null,
    schema_hash text not null references ops.lake_schema,
    from_seq bigint not null,
    to_seq bigint not null,
    full_at timestamptz,
    run_id text not null,
    state text not null check (state in ('owed', 'written', 'published')),
    planned_at timestamptz not null,
    written_at timestamptz,
    rows bigint,
    bytes bigint,
    sha256 text,
    note text,
    problems jsonb,
    retired_at timestamptz,
    removed_at timestamptz,
    replaced_by bigint references ops.lake_file on delete set null,
    unique (lake, path)
);
create index lake_file_by_entity on ops.lake_file (agreement_id, entity, lake_file_id);
comment on table ops.lake_file is
    'The Parquet files of the lake. Readers may trust what is published and neither retired nor removed.';
comment on column ops.lake_file.lake is 'SALDO_LAKE_URL, below which the path lies.';
comment on column ops.lake_file.stamp is 'The time in the name (UTC): later than any before it of the entity.';
comment on column ops.lake_file.from_seq is
    'The file holds what changed in staging after this place in the sequence of changes; 0: everything.';
comment on column ops.lake_file.to_seq is 'Up to this place, included.';
comment on column ops.lake_file.full_at is 'When all of the entity had last been read, of a full_sync.';
comment on column ops.lake_file.planned_at is 'The moment its content is of: what was replaced in staging since then is needed to make it again.';
comment on column ops.lake_file.state is
    'owed: to be written. written: checked, not yet seen under its name. published: whole under its name.';
comment on column ops.lake_file.note is 'Why a new set began, or the file was written again.';
comment on column ops.lake_file.problems is
    'Values that their column cannot hold, and which the file leaves empty: [{key, field, value}]; the first hundred.';
comment on column ops.lake_file.retired_at is
    'When another file took its place, or it became older than files are kept; it is removed after a time of grace.';
comment on column ops.lake_file.lake_file_id is 'Key.';
comment on column ops.lake_file.agreement_id is 'Id of the agreement.';
comment on column ops.lake_file.vendor is 'Where its books are.';
comment on column ops.lake_file.entity is 'Of which entity.';
comment on column ops.lake_file.kind is 'full_sync: all that is there. sync_changes: what changed since the file before it.';
comment on column ops.lake_file.path is 'Below the lake: vendor-environment/agreement/entity/name.';
comment on column ops.lake_file.schema_hash is 'Which columns it has: ops.lake_schema.';
comment on column ops.lake_file.run_id is 'The run that decided on it.';
comment on column ops.lake_file.written_at is 'When it was last written.';
comment on column ops.lake_file.rows is 'Rows in it.';
comment on column ops.lake_file.bytes is 'Its size.';
comment on column ops.lake_file.sha256 is 'Of its bytes, in hexadecimal.';
comment on column ops.lake_file.removed_at is 'When it was removed from the lake on purpose.';
comment on column ops.lake_file.replaced_by is 'The file that holds what it held, where one does.';
comment on column ops.lake_schema.schema_hash is 'Of names, types and their order.';
comment on column ops.lake_schema.columns is 'In order: [[name, type], ...].';
