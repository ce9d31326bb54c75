-- The warehouse as a whole: its version, its size, when it was last looked after.
select
    (select max(m.version) from ops.migration as m) as migration,
    (select max(m.applied_at) from ops.migration as m) as migrated_at,
    (select pg_database_size(current_database())) as bytes,
    (select current_setting('server_version')) as postgres,
    (select max(t.measured_at) from ops.table_size as t) as measured_at,
    (select max(r.at) from ops.removal as r) as removed_at,
    (
        select sum(l.bytes)
        from ops.lake_file as l
        where l.removed_at is null
            and l.state <> 'owed'
    ) as lake_bytes,
    (select max(h.at) from ops.heartbeat as h) as looked_at
