-- A block-range index tells changed rows as well as a tree does, and costs a load next to nothing. What it
-- cannot tell cheaply, the last change of an (agreement, entity), is kept in ops.progress.

do $$
declare
    place record;
    tree record;
begin
    for place in
        select
            c.oid::regclass as relation,
            c.relname as name,
            substring(c.relname from position('_' in c.relname) + 1) as entity
        from pg_class as c
        inner join pg_attribute as a
            on a.attrelid = c.oid
            and a.attname = 'change_seq'
        where c.relnamespace = 'staging'::regnamespace
            and c.relkind = 'r'
    loop
        for tree in
            select i.indexrelid::regclass as name
            from pg_index as i
            where i.indrelid = place.relation
                and not i.indisprimary
                and pg_get_indexdef(i.indexrelid) like '%(agreement_id, change_seq)'
        loop
            execute format('drop index %s', tree.name);
        end loop;
        execute format(
            'create index on %s using brin (agreement_id, change_seq) '
            'with (pages_per_range = 16, autosummarize = on)',
            place.relation
        );
        continue when place.name = 'template';
        execute format(
            'insert into ops.progress (agreement_id, consumer, source, change_seq) '
            'select agreement_id, ''staging'', %L, max(change_seq) from %s group by agreement_id',
            place.entity,
            place.relation
        );
    end loop;
end
$$;

comment on table ops.progress is
    'Consumer staging: the last change of each entity. How far core has followed staging, and mart core, by change sequence.';
