-- grain: one comparison that agreed and is not the last of its total in its month
-- reads: ops.proof
-- writes: nothing
-- sign and currency: no amounts
with last_of_month as (
    select
        p.agreement_id,
        p.control,
        p.entity,
        coalesce(p.account_number, '') as account_number,
        coalesce(p.period, '') as period,
        date_trunc('month', p.checked_at at time zone 'UTC') as month,
        max(p.checked_at) as checked_at
    from ops.proof as p
    where p.checked_at < %(before)s
    group by 1, 2, 3, 4, 5, 6
)

select p.proof_id as key
from ops.proof as p
inner join last_of_month as m
    on m.agreement_id = p.agreement_id
    and m.control = p.control
    and m.entity = p.entity
    and m.account_number = coalesce(p.account_number, '')
    and m.period = coalesce(p.period, '')
    and m.month = date_trunc('month', p.checked_at at time zone 'UTC')
    and m.checked_at > p.checked_at
where p.ok
    and p.checked_at < %(before)s;
