-- grain: one account of an agreement in one month of the years that are compared
-- reads: mart.fact_journal_entries, core.ledger_entry
-- writes: nothing (the temporary table proof_sum, for the statements that follow)
-- sign and currency: debit positive, base currency; nothing is rounded

-- By day first: far fewer rows than lines, and year and month are worked out for them alone.
create temporary table proof_sum on commit drop as
with days as (
    select
        f.account_key,
        f.account_number,
        f.accounting_year,
        f.period,
        f.date,
        sum(f.amount_base) as total_base,
        sum(f.amount_base) filter (where f.is_opening) as opening_base,
        sum(f.amount_base) filter (
            where f.is_opening and f.entry_number in (
                select o.entry_number
                from core.ledger_entry as o
                where o.agreement_id = %(agreement_id)s
                    and o.is_carried_forward
            )
        ) as transferred_base
    from mart.fact_journal_entries as f
    where f.agreement_id = %(agreement_id)s
        and f.date between %(first)s::date and %(last)s::date
    group by
        f.account_key,
        f.account_number,
        f.accounting_year,
        f.period,
        f.date
)

select
    y.accounting_year as compared_year,
    y.start_date,
    d.account_key,
    d.account_number,
    d.accounting_year,
    d.period,
    date_trunc('month', d.date)::date as month,
    sum(d.total_base) as total_base,
    sum(d.total_base) - coalesce(sum(d.opening_base), 0) as movement_base,
    coalesce(sum(d.transferred_base), 0) as transferred_base
from days as d
inner join unnest(%(years)s::text[], %(starts)s::date[], %(ends)s::date[])
    as y (accounting_year, start_date, end_date)
    on d.date between y.start_date and y.end_date
group by
    y.accounting_year,
    y.start_date,
    d.account_key,
    d.account_number,
    d.accounting_year,
    d.period,
    date_trunc('month', d.date)::date;
