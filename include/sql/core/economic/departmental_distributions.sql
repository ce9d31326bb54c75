-- grain: one distribution among departments
-- reads: staging.economic_departmental_distributions
-- writes: core.departmental_distribution
-- sign and currency: shares in percent, adding up to 100
select
    c.payload ->> 'departmentalDistributionNumber' as distribution_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'departmentalDistributionNumber') as name,
    c.payload ->> 'distributionType' = 'department' as is_generated,
    coalesce((c.payload ->> 'barred')::boolean, false) as is_barred,
    array(
        select d.share -> 'department' ->> 'departmentNumber'
        from jsonb_array_elements(c.payload -> 'distributions') with ordinality as d (share, place)
        order by d.place
    ) as department_numbers,
    array(
        select (d.share ->> 'percentage')::numeric
        from jsonb_array_elements(c.payload -> 'distributions') with ordinality as d (share, place)
        order by d.place
    ) as percentages,
    c.is_deleted
from changed as c
