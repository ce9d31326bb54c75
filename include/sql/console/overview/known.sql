-- grain: one row per agreement that ops or the mart have rows of
-- reads: ops.sync_run, mart.dim_agreement
-- writes: nothing
-- sign and currency: no amounts
with recursive found (id) as (
    (
        select r.subject_id
        from ops.sync_run as r
        where r.subject_kind = 'agreement'
        order by r.subject_id
        limit 1
    )
    union all
    -- From one to the next in the index: what it costs follows the number of agreements, not of nights.
    select (
        select r.subject_id
        from ops.sync_run as r
        where r.subject_kind = 'agreement'
            and r.subject_id > found.id
        order by r.subject_id
        limit 1
    )
    from found
    where found.id is not null
)

select
    coalesce(f.id, a.agreement_id) as id,
    a.name,
    a.vendor,
    a.company,
    a.base_currency as currency
from (select found.id from found where found.id is not null) as f
full join (
    select
        d.agreement_id,
        d.name,
        d.vendor,
        d.company,
        d.base_currency
    from mart.dim_agreement as d
    where d.agreement_key > 0
) as a on a.agreement_id = f.id;
