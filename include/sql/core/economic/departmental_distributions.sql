-- grain: one distribution among departments
-- reads: staging.economic_departmental_distributions
-- writes: core.departmental_distribution
-- sign and currency: shares in percent, adding up to 100
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_departmental_distributions as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'departmentalDistributionNumber' as distribution_number,
        c.payload ->> 'name' as name,
        c.payload ->> 'distributionType' = 'department' as is_generated,
        coalesce((c.payload ->> 'barred')::boolean, false) as is_barred,
        array(
            select d.share -> 'department' ->> 'departmentNumber'
            from jsonb_array_elements(c.payload -> 'distributions') with ordinality as d (share, place)
            order by d.place
        ) as department_numbers,
        array(
            select (d.share ->> 'percentage')::numeric(18, 8)
            from jsonb_array_elements(c.payload -> 'distributions') with ordinality as d (share, place)
            order by d.place
        ) as percentages,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.departmental_distribution as t (
    agreement_id, distribution_number, name, is_generated, is_barred, department_numbers,
    percentages, is_deleted, change_seq
)
select
    agreement_id, distribution_number, name, is_generated, is_barred, department_numbers,
    percentages, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, distribution_number) do update set
    name = excluded.name,
    is_generated = excluded.is_generated,
    is_barred = excluded.is_barred,
    department_numbers = excluded.department_numbers,
    percentages = excluded.percentages,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.name, t.is_generated, t.is_barred, t.department_numbers, t.percentages, t.is_deleted
) is distinct from (
    excluded.name, excluded.is_generated, excluded.is_barred, excluded.department_numbers,
    excluded.percentages, excluded.is_deleted
);
