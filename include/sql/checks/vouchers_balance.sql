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
-- Of all vouchers only the sum is worked out: there are many, and hardly any is told of.
inner join (
    select e.voucher_key
    from mart.fact_journal_entries as e
    where e.agreement_id = %(agreement_id)s
    group by e.voucher_key
    having sum(e.amount_base) <> 0
) as b on b.voucher_key = f.voucher_key
where f.agreement_id = %(agreement_id)s
group by f.voucher_key
