-- When the facts of an agreement became others, the newest first.
select
    s.at
from ops.facts_state as s
where s.agreement_id = %(agreement_id)s
order by s.at desc
limit 30
