-- grain: one row per table, as maintenance last measured it
-- reads: ops.table_size
-- writes: nothing
-- sign and currency: no amounts
select
    t.schema_name as schema,
    t.table_name as table,
    t.total_bytes,
    t.live_rows
from ops.table_size as t
where t.measured_at = (
    select max(m.measured_at)
    from ops.table_size as m
);
