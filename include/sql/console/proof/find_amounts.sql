-- grain: one posting of the amount that is searched for, whatever its sign; the newest first
-- reads: mart.fact_journal_entries, ops.personal_vouchers
-- writes: nothing
-- sign and currency: debit positive; amount in the posting's currency, amount_base in the agreement's
select
    f.journal_entry_key,
    f.entry_number,
    f.date,
    f.accounting_year,
    f.voucher_number,
    f.account_number,
    f.account_name,
    case when h.voucher_number is null then f.text else '(hidden)' end as text,
    f.currency,
    f.amount,
    f.amount_base,
    f.has_pdf
from mart.fact_journal_entries as f
left join ops.personal_vouchers(%(agreement_key)s) as h
    on h.voucher_number = coalesce(f.voucher_number, '')
    and h.accounting_year = coalesce(f.accounting_year, '')
where f.agreement_id = %(agreement_id)s
    and f.date between %(first)s::date and %(last)s::date
    and (
        abs(f.amount_base) = any(%(amounts)s::numeric[])
        or abs(f.amount) = any(%(amounts)s::numeric[])
    )
order by
    f.date desc,
    f.journal_entry_key desc
limit %(limit)s;
