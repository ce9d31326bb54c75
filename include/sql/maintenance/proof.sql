-- grain: one comparison that is older than it is kept and that a later one of the same total has replaced
-- reads: ops.proof
-- writes: nothing
-- sign and currency: no amounts
with newest as (
    select
        p.agreement_id,
        p.control,
        p.entity,
        coalesce(p.account_number, '') as account_number,
        coalesce(p.period, '') as period,
        max(p.checked_at) as checked_at
    from ops.proof as p
    group by 1, 2, 3, 4, 5
)

select p.proof_id as key
from ops.proof as p
inner join newest as n
    on n.agreement_id = p.agreement_id
    and n.control = p.control
    and n.entity = p.entity
    and n.account_number = coalesce(p.account_number, '')
    and n.period = coalesce(p.period, '')
    and n.checked_at > p.checked_at
where p.checked_at < %(before)s;
