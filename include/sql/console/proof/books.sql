-- grain: one agreement that has landed: whose books they are, and when its facts were last written
-- reads: mart.dim_agreement, ops.sync_run
-- writes: nothing
-- sign and currency: none
select
    a.agreement_key,
    a.base_currency,
    (
        select r.finished_at
        from ops.sync_run as r
        where r.agreement_id = a.agreement_id
            and r.entity = 'facts'
            and r.status = 'success'
        order by r.started_at desc
        limit 1
    ) as facts_at
from mart.dim_agreement as a
where a.agreement_id = %(agreement_id)s
    and a.agreement_key > 0;
