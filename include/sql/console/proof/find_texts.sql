-- grain: one posting whose text, or number at the vendor, is searched for; the newest first
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
        (h.voucher_number is null and (f.text ilike %(like)s or f.invoice_number = %(words)s))
        or f.entry_number = %(words)s
    )
order by
    f.date desc,
    f.journal_entry_key desc
limit %(limit)s;
