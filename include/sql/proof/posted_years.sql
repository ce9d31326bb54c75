-- grain: one accounting year of an agreement whose years are made of its postings, that the vendor did not tell of, and in which something is posted
-- reads: core.accounting_year, mart.fact_journal_entries, mart.dim_agreement
-- writes: nothing
-- sign and currency: none
select
    y.accounting_year as accounting_year,
    y.start_date as start_date,
    y.end_date as end_date,
    y.is_closed as is_closed
from core.accounting_year as y
inner join mart.dim_agreement as g on g.agreement_id = y.agreement_id
where y.agreement_id = %(agreement_id)s
    and not y.is_deleted
    and y.accounting_year <> all(%(known)s::text[])
    and exists (
        select
        from mart.fact_journal_entries as f
        where f.agreement_key = g.agreement_key
            and f.date between y.start_date and y.end_date
    )
order by y.start_date;
