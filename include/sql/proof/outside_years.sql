-- grain: one agreement whose years are made of its postings: its postings of days that are in no year
-- reads: mart.fact_journal_entries, mart.dim_agreement
-- writes: nothing
-- sign and currency: none
select
    count(*) as postings,
    min(f.date) as first_date,
    max(f.date) as last_date,
    (array_agg(distinct f.voucher_number))[:3] as vouchers
from mart.dim_agreement as g
inner join mart.fact_journal_entries as f
    on f.agreement_key = g.agreement_key
    -- As core.accounting_year has it.
    and (f.date < '1990-01-01' or f.date > '2069-12-31')
where g.agreement_id = %(agreement_id)s;
