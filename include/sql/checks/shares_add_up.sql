-- rule: The shares of every department or distribution add up to 1
-- reads: mart.bridge_department, mart.dim_department, mart.dim_agreement
-- severity: critical
-- remedy: start a run with mode full and the entities {departmental_distribution}: what shares do not account for is the unknown member's
select
    d.department_number as department_number,
    min(d.name) as name,
    sum(b.share) as shares
from mart.bridge_department as b
inner join mart.dim_department as d on d.department_key = b.department_key
inner join mart.dim_agreement as a on a.agreement_key = b.agreement_key
where a.agreement_id = %(agreement_id)s
group by
    b.department_key,
    d.department_number
having abs(sum(b.share) - 1) > 0.000001
