-- grain: one department in what a department of the facts consists of
-- reads: mart.dim_department, core.departmental_distribution, core.key_map
-- writes: mart.bridge_department
-- sign and currency: shares from 0 to 1, adding up to 1
-- again with: mart.dim_department, core.departmental_distribution
with part as (
    select
        d.department_key as department_key,
        d.department_key as part_department_key,
        1::numeric as share
    from mart.dim_department as d
    where d.agreement_key = %(agreement_key)s
        and not d.is_distribution
    union all
    select
        d.department_key as department_key,
        -- Left join: a share of a department that is not (yet) known is the unknown member's.
        coalesce(k.key, -1) as part_department_key,
        s.percentage / 100 as share
    from mart.dim_department as d
    inner join core.departmental_distribution as c
        on c.agreement_id = %(agreement_id)s
        and d.department_number = 'D|' || c.distribution_number
    cross join unnest(c.department_numbers, c.percentages) as s (department_number, percentage)
    left join core.key_map as k
        on k.agreement_id = c.agreement_id
        and k.kind = 'department'
        and k.source_key = s.department_number
    where d.agreement_key = %(agreement_key)s
        and d.is_distribution
),

-- Nothing is lost on the way through the bridge: what shares do not account for is the unknown member's.
complete as (
    select
        p.department_key,
        p.part_department_key,
        p.share
    from part as p
    union all
    select
        d.department_key as department_key,
        -1 as part_department_key,
        1 - coalesce(sum(p.share), 0) as share
    from mart.dim_department as d
    left join part as p on p.department_key = d.department_key
    where d.agreement_key = %(agreement_key)s
    group by d.department_key
    having coalesce(sum(p.share), 0) <> 1
)

select
    p.department_key,
    p.part_department_key,
    sum(p.share) as share
from complete as p
group by
    p.department_key,
    p.part_department_key
