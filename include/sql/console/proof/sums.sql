-- grain: the postings of an account in a year, a period or some days; and those of them before the page that is shown
-- reads: mart.fact_journal_entries
-- writes: nothing
-- sign and currency: debit positive, base currency
select
    count(*) as postings,
    coalesce(sum(f.amount_base), 0) as total_base,
    count(*) filter (
        where (f.date, f.journal_entry_key) < (%(page_date)s::date, %(page_key)s::bigint)
    ) as postings_before,
    coalesce(sum(f.amount_base) filter (
        where (f.date, f.journal_entry_key) < (%(page_date)s::date, %(page_key)s::bigint)
    ), 0) as before_base
from mart.fact_journal_entries as f
where f.agreement_id = %(agreement_id)s
    and f.account_key = any(%(account_keys)s::bigint[])
    and f.account_number = %(account)s
    and f.period_key = any(%(period_keys)s::bigint[])
    and (%(year)s::text is null or f.accounting_year = %(year)s)
    and (%(period)s::integer is null or f.period = %(period)s)
    and f.date between %(first)s::date and %(last)s::date
    and (not %(movement)s or not f.is_opening);
