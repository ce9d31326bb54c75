-- grain: one row per watched organisation whose exports a circuit breaker has held back at some time
-- reads: ops.watched, ops.export_breaker
-- writes: nothing
-- sign and currency: no amounts
select
    'export' as kind,
    coalesce(b.organisation, '') as subject,
    count(*) filter (where b.state <> 'closed') as breakers_open
from ops.export_breaker as b
left join ops.watched as w
    on w.subject_kind = 'export'
    and w.subject_id = b.organisation
-- Nothing is to be sent where exports are switched off.
where b.organisation is null or w.subject_id is not null
group by coalesce(b.organisation, '');
