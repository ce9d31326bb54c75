-- grain: one row where ops or the mart have rows of the agreement: what the mart calls it, if anything
-- reads: ops.sync_run, mart.dim_agreement
-- writes: nothing
-- sign and currency: no amounts
select
    a.name,
    a.vendor,
    a.company,
    a.base_currency as currency
from (select %(agreement_id)s::text as id) as asked
left join mart.dim_agreement as a on a.agreement_id = asked.id and a.agreement_key > 0
where a.agreement_id is not null
    or exists (
        select 1
        from ops.sync_run as r
        where r.subject_kind = 'agreement'
            and r.subject_id = asked.id
    );
