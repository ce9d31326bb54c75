-- grain: one posting of profit and loss of the days chosen up to the comparison day, or of these days one year earlier, openings left out
-- reads: mart.fact_journal_entries, mart.dim_account
-- writes: nothing
-- sign and currency: debit positive, base currency
select
    f.agreement_key,
    f.account_key,
    f.department_key,
    f.date,
    f.amount_base,
    a.account_number,
    a.section,
    a.report_line,
    p.is_year_before,
    -- Days to come have nothing beside them yet.
    %(has_begun)s::boolean as is_compared
from (values (false, 0), (true, 1)) as p (is_year_before, years)
-- A year after 29 February is 28 February: every day of the year before stands beside one day.
inner join mart.fact_journal_entries as f
    on (f.date + make_interval(years => p.years))::date between %(first_day)s and %(comparison_day)s
inner join mart.dim_account as a on a.account_key = f.account_key
where f.agreement_key = %(agreement_key)s
    and not f.is_opening
    and a.is_balance_sheet is not true
