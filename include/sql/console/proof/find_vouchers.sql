-- grain: one voucher of the number that is searched for
-- reads: mart.fact_journal_entries, ops.personal_vouchers
-- writes: nothing
-- sign and currency: debit positive, base currency
select
    f.voucher_number,
    f.accounting_year,
    min(f.date) as date,
    count(*) as postings,
    sum(f.amount_base) filter (where f.amount_base > 0) as debit_base,
    case when bool_or(h.voucher_number is not null) then '(hidden)' else min(f.text) end as text,
    bool_or(f.has_pdf) as has_pdf
from mart.fact_journal_entries as f
left join ops.personal_vouchers(%(agreement_key)s, array[%(words)s::text]) as h
    on h.voucher_number = f.voucher_number
    and h.accounting_year = coalesce(f.accounting_year, '')
where f.agreement_id = %(agreement_id)s
    and f.voucher_number = %(words)s
group by
    f.voucher_number,
    f.accounting_year
order by min(f.date) desc
limit %(limit)s;
