-- grain: one account of an agreement in one month of the years that are compared
-- reads: mart.fact_journal_entries
-- writes: nothing (the temporary table proof_sum, for the statements that follow)
-- sign and currency: debit positive, base currency; nothing is rounded

-- By day first: far fewer rows than lines, and the month is worked out for them alone.
create temporary table proof_sum on commit drop as
with days as (
    select
        y.accounting_year as compared_year,
        y.start_date,
        f.account_key,
        f.account_number,
        f.accounting_year,
        f.period,
        f.date,
        sum(f.amount_base) as total_base,
        sum(f.amount_base) filter (where not f.is_opening) as movement_base,
        sum(f.amount_base) filter (where f.entry_type = 'transferred_opening_entry') as transferred_base
    from unnest(%(years)s::text[], %(starts)s::date[], %(ends)s::date[])
        as y (accounting_year, start_date, end_date)
    inner join mart.fact_journal_entries as f
        on f.agreement_id = %(agreement_id)s
        and f.date between y.start_date and y.end_date
    group by
        y.accounting_year,
        y.start_date,
        f.account_key,
        f.account_number,
        f.accounting_year,
        f.period,
        f.date
)

select
    d.compared_year,
    d.start_date,
    d.account_key,
    d.account_number,
    d.accounting_year,
    d.period,
    date_trunc('month', d.date)::date as month,
    sum(d.total_base) as total_base,
    coalesce(sum(d.movement_base), 0) as movement_base,
    coalesce(sum(d.transferred_base), 0) as transferred_base
from days as d
group by
    d.compared_year,
    d.start_date,
    d.account_key,
    d.account_number,
    d.accounting_year,
    d.period,
    date_trunc('month', d.date)::date;
