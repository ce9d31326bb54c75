insert into ops.facts_state (agreement_id, at, reached)
select
    %(agreement_id)s,
    clock_timestamp(),
    n.reached
from (
    select coalesce(jsonb_object_agg(p.source, p.change_seq), '{}') as reached
    from ops.progress as p
    where p.agreement_id = %(agreement_id)s
        and p.consumer = 'core'
) as n
where n.reached is distinct from (
    select s.reached
    from ops.facts_state as s
    where s.agreement_id = %(agreement_id)s
    order by s.at desc
    limit 1
)
