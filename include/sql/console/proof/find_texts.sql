-- grain: one posting whose text, or number at the vendor, is searched for; the newest first
-- reads: mart.fact_journal_entries
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
    f.text,
    f.currency,
    f.amount,
    f.amount_base,
    f.has_pdf
from mart.fact_journal_entries as f
where f.agreement_id = %(agreement_id)s
    and f.date between %(first)s::date and %(last)s::date
    and (
        f.text ilike %(like)s
        or f.invoice_number = %(words)s
        or f.entry_number = %(words)s
    )
order by
    f.date desc,
    f.journal_entry_key desc
limit %(limit)s;
