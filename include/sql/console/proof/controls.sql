-- grain: one control of one proof
-- reads: ops.proof
-- writes: nothing
-- sign and currency: none
select
    p.control,
    count(*) as comparisons,
    -- As differences.sql lists them, and as the error of the run counts them.
    count(*) filter (where not p.ok and (p.control <> 'month_balances' or p.account_number is not null)) as differing
from ops.proof as p
where p.agreement_id = %(agreement_id)s
    and p.checked_at = %(checked_at)s
group by p.control
order by
    differing desc,
    p.control;
