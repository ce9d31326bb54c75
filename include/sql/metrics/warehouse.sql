-- grain: one row: the warehouse as a whole
-- reads: pg_database, ops.migration_head
-- writes: nothing
-- sign and currency: no amounts
select
    pg_database_size(current_database()) as bytes,
    (select max(h.version_num)::integer from ops.migration_head as h) as migration;
