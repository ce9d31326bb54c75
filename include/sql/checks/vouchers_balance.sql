-- rule: The lines of every voucher sum to 0 in base currency, and so do all lines without a voucher
-- reads: mart.fact_journal_entries
-- severity: critical
-- remedy: compare the voucher with the vendor's; if it balances there, read its period again (mode window), else it is wrong in the vendor's books
select
    any_value(f.accounting_year) as accounting_year,
    any_value(f.voucher_number) as voucher_number,
    sum(f.amount_base) as difference,
    count(*) as lines,
    min(f.date) as from_date,
    max(f.date) as to_date
from mart.fact_journal_entries as f
where f.agreement_id = %(agreement_id)s
group by f.voucher_key
having sum(f.amount_base) <> 0
