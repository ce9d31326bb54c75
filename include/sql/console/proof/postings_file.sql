-- grain: one posting of an account, as a line of a file for a spreadsheet
-- reads: mart.fact_journal_entries, ops.personal_vouchers
-- writes: nothing
-- sign and currency: debit positive; amount in the posting's currency, amount_base in the agreement's

-- A text that a spreadsheet could take for a formula gets an apostrophe before it (exports/texts.py).
select
    f.date,
    f.accounting_year,
    f.period,
    regexp_replace(f.account_number, %(formula)s, '''\1') as account_number,
    regexp_replace(f.account_name, %(formula)s, '''\1') as account_name,
    regexp_replace(f.voucher_number, %(formula)s, '''\1') as voucher_number,
    regexp_replace(f.entry_number, %(formula)s, '''\1') as entry_number,
    case when h.voucher_number is null then regexp_replace(f.text, %(formula)s, '''\1') else '(hidden)' end as text,
    regexp_replace(f.department_number, %(formula)s, '''\1') as department_number,
    regexp_replace(f.vat_code, %(formula)s, '''\1') as vat_code,
    case when h.voucher_number is null then regexp_replace(f.invoice_number, %(formula)s, '''\1') else '(hidden)' end as invoice_number,
    f.currency,
    f.amount,
    f.base_currency,
    f.amount_base,
    f.is_opening,
    f.has_pdf
from mart.fact_journal_entries as f
left join ops.personal_vouchers(%(agreement_key)s) as h
    on h.voucher_number = coalesce(f.voucher_number, '')
    and h.accounting_year = coalesce(f.accounting_year, '')
where f.agreement_id = %(agreement_id)s
    and f.account_key = any(%(account_keys)s::bigint[])
    and f.account_number = %(account)s
    and f.period_key = any(%(period_keys)s::bigint[])
    and (%(year)s::text is null or f.accounting_year = %(year)s)
    and (%(period)s::integer is null or f.period = %(period)s)
    and f.date between %(first)s::date and %(last)s::date
    and (not %(movement)s or not f.is_opening)
order by
    f.date,
    f.journal_entry_key
