-- grain: one row per organisation whose exports a circuit breaker has held back at some time
-- reads: ops.export_breaker
-- writes: nothing
-- sign and currency: no amounts
select
    'export' as kind,
    coalesce(b.organisation, '') as subject,
    count(*) filter (where b.state <> 'closed') as breakers_open
from ops.export_breaker as b
group by coalesce(b.organisation, '');
