-- grain: one state of an agreement's facts that is older than what was replaced is kept; the last before that stays
-- reads: ops.facts_state
-- writes: nothing
-- sign and currency: no amounts
select t.ctid::text as key
from ops.facts_state as t
where exists (
    select
    from ops.facts_state as n
    where n.agreement_id = t.agreement_id
        and n.at > t.at
        and n.at < %(before)s
);
