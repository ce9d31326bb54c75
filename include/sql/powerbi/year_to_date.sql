-- grain: one posting from the first day of the fiscal year of the balance day to that day
-- reads: mart.fact_journal_entries, mart.dim_account
-- writes: nothing
-- sign and currency: debit positive, base currency
select
    f.agreement_key,
    f.account_key,
    f.department_key,
    f.voucher_key,
    f.date,
    f.is_opening,
    f.has_pdf,
    f.amount_base,
    a.account_number,
    a.is_balance_sheet,
    a.section,
    a.report_line
from mart.fact_journal_entries as f
inner join mart.dim_account as a on a.account_key = f.account_key
where f.agreement_key = %(agreement_key)s
    and f.date between (
        date_trunc('month', %(balance_day)s::date)
        - make_interval(months => (extract(month from %(balance_day)s::date)::integer - %(fiscal_start)s + 12) %% 12)
    )::date and %(balance_day)s
