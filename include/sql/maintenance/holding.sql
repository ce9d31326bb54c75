-- grain: one thing that keeps VACUUM from removing dead rows, the one that has for longest first
-- reads: pg_stat_activity, pg_prepared_xacts, pg_replication_slots
-- writes: nothing
-- sign and currency: no amounts
with found as (
    select
        format('session %s (%s, %s, since %s UTC)', a.pid, a.application_name, a.state, a.xact_start at time zone 'UTC') as what,
        greatest(age(a.backend_xmin), age(a.backend_xid)) as transactions
    from pg_stat_activity as a
    where (a.backend_xmin is not null or a.backend_xid is not null)
        and a.datname = current_database()
        and a.pid <> pg_backend_pid()
        and a.xact_start is not null
    union all
    select
        format('prepared transaction %s', p.gid) as what,
        age(p.transaction) as transactions
    from pg_prepared_xacts as p
    union all
    select
        format('replication slot %s', r.slot_name) as what,
        greatest(age(r.xmin), age(r.catalog_xmin)) as transactions
    from pg_replication_slots as r
    where r.xmin is not null
        or r.catalog_xmin is not null
)

select
    what,
    transactions
from found
order by transactions desc
limit 3;
