-- The largest tables, and how they grew.
select
    g.schema_name || '.' || g.table_name as name,
    g.total_bytes,
    g.week_bytes,
    g.month_bytes,
    g.live_rows,
    g.dead_rows
from ops.table_growth as g
order by g.total_bytes desc
limit 10
