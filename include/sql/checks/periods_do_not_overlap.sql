-- rule: Periods of an agreement do not overlap but for those of closing entries, and none ends before it starts
-- reads: mart.dim_period, mart.dim_agreement
-- severity: critical
-- remedy: compare the accounting year's periods with the vendor's; a period that is gone there is deleted by a run with mode full and the entities {period}
select
    p.accounting_year as accounting_year,
    p.period as period,
    p.start_date as start_date,
    p.end_date as end_date,
    p.next_start as next_start
from (
    select
        t.accounting_year,
        t.period,
        t.start_date,
        t.end_date,
        lead(t.start_date) over (
            partition by t.is_adjustment order by t.start_date, t.end_date
        ) as next_start
    from mart.dim_period as t
    inner join mart.dim_agreement as a on a.agreement_key = t.agreement_key
    where a.agreement_id = %(agreement_id)s
) as p
where p.end_date < p.start_date
    or p.next_start <= p.end_date
