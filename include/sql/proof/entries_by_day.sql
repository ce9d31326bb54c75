-- grain: one day of an agreement's ledger
-- reads: mart.fact_journal_entries
-- writes: nothing
-- sign and currency: none
select
    f.date as date,
    count(*) as entries
from mart.fact_journal_entries as f
where f.agreement_id = %(agreement_id)s
group by f.date;
