-- A window that is read again lets core write its rows again, changed or not. That is no change of a record: it
-- has a mark of its own, in the same sequence, so that whoever follows change_seq sees what changed and no more.

do $$
declare
    place regclass;
begin
    for place in
        select c.oid::regclass
        from pg_class as c
        inner join pg_attribute as a
            on a.attrelid = c.oid
            and a.attname = 'change_seq'
        where c.relnamespace = 'staging'::regnamespace
            and c.relkind = 'r'
    loop
        execute format('alter table %s add column repair_seq bigint', place);
        execute format(
            'create index on %s (agreement_id, repair_seq) where repair_seq is not null',
            place
        );
    end loop;
end
$$;

comment on column staging.template.repair_seq is
    'The place in the sequence of changes at which core was last asked to write the row again, changed or not.';
comment on column ops.watermark.cursor is
    'How far, in the words of the entity''s way of reading (saldo.ways): marker or cursor; full_at: when all of it was last read; log, followed: how far silent changes were.';
