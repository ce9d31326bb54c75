-- grain: one voucher of the number that is searched for
-- reads: mart.fact_journal_entries
-- writes: nothing
-- sign and currency: debit positive, base currency
select
    f.voucher_number,
    f.accounting_year,
    min(f.date) as date,
    count(*) as postings,
    sum(f.amount_base) filter (where f.amount_base > 0) as debit_base,
    min(f.text) as text,
    bool_or(f.has_pdf) as has_pdf
from mart.fact_journal_entries as f
where f.agreement_id = %(agreement_id)s
    and f.voucher_number = %(words)s
group by
    f.voucher_number,
    f.accounting_year
order by min(f.date) desc
limit %(limit)s;
