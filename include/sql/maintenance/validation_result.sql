-- grain: one finding that is older than it is kept and that a later validation of its table has replaced
-- reads: ops.validation_result
-- writes: nothing
-- sign and currency: no amounts
with newest as (
    select
        v.agreement_id,
        v.table_name,
        max(v.checked_at) as checked_at
    from ops.validation_result as v
    group by v.agreement_id, v.table_name
)

select v.validation_result_id as key
from ops.validation_result as v
inner join newest as n
    on n.agreement_id = v.agreement_id
    and n.table_name = v.table_name
    and n.checked_at > v.checked_at
where v.checked_at < %(before)s;
