-- grain: one posting of the amount that is searched for, whatever its sign; the newest first
-- reads: mart.fact_journal_entries, ops.personal_vouchers
-- writes: nothing
-- sign and currency: debit positive; amount in the posting's currency, amount_base in the agreement's
-- By the index of amounts: in the order of days, of which only some are shown, all postings might be read.
with found as materialized (
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
    where f.agreement_key = %(agreement_key)s
        and f.date between %(first)s::date and %(last)s::date
        and (
            abs(f.amount_base) = any(%(amounts)s::numeric[])
            or (abs(f.amount) = any(%(amounts)s::numeric[]) and f.amount <> f.amount_base)
        )
),

page as materialized (
    select f.*
    from found as f
    order by
        f.date desc,
        f.journal_entry_key desc
    limit %(limit)s
),

hidden as materialized (
    select
        h.voucher_number,
        h.accounting_year
    from ops.personal_vouchers(%(agreement_key)s, array(select coalesce(p.voucher_number, '') from page as p)) as h
)

select
    p.journal_entry_key,
    p.entry_number,
    p.date,
    p.accounting_year,
    p.voucher_number,
    p.account_number,
    p.account_name,
    case when h.voucher_number is null then p.text else '(hidden)' end as text,
    p.currency,
    p.amount,
    p.amount_base,
    p.has_pdf
from page as p
left join hidden as h
    on h.voucher_number = coalesce(p.voucher_number, '')
    and h.accounting_year = coalesce(p.accounting_year, '')
order by
    p.date desc,
    p.journal_entry_key desc;
