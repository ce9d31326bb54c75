-- grain: one table of the warehouse, as large as it is now
-- reads: pg_class, pg_stat_user_tables, pg_stats
-- writes: nothing
-- sign and currency: no amounts
with widths as (
    select
        w.schemaname,
        w.tablename,
        -- A row's header and its pointer in the page, then its values as they are stored.
        28 + sum((1 - w.null_frac) * w.avg_width) as row_bytes
    from pg_stats as w
    where w.schemaname in ('staging', 'core', 'mart', 'ops')
        and not w.inherited
    group by w.schemaname, w.tablename
),

final as (
    select
        n.nspname as schema_name,
        c.relname as table_name,
        greatest(c.reltuples, 0)::bigint as live_rows,
        coalesce(s.n_dead_tup, 0) as dead_rows,
        pg_relation_size(c.oid) as table_bytes,
        coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0) as toast_bytes,
        pg_indexes_size(c.oid) as index_bytes,
        pg_total_relation_size(c.oid) as total_bytes,
        greatest(pg_relation_size(c.oid) - (greatest(c.reltuples, 0) * w.row_bytes)::bigint, 0) as free_bytes,
        greatest(s.last_vacuum, s.last_autovacuum) as vacuumed_at
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    left join pg_stat_user_tables as s on s.relid = c.oid
    left join widths as w
        on w.schemaname = n.nspname
        and w.tablename = c.relname
    where n.nspname in ('staging', 'core', 'mart', 'ops')
        and c.relkind = 'r'
)

select
    schema_name,
    table_name,
    live_rows,
    dead_rows,
    table_bytes,
    toast_bytes,
    index_bytes,
    total_bytes,
    free_bytes,
    vacuumed_at
from final
order by schema_name, table_name;
