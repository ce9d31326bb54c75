-- rule: Every posting is dated inside the accounting year and the period it shows
-- reads: mart.fact_journal_entries, mart.dim_period, core.accounting_year
-- severity: critical
-- remedy: read the period again (mode window); if it stays, compare the year's first and last day with the vendor's
select
    f.entry_number as entry_number,
    f.voucher_number as voucher_number,
    f.date as date,
    f.accounting_year as accounting_year,
    y.start_date as year_start,
    y.end_date as year_end,
    f.period as period,
    p.start_date as period_start,
    p.end_date as period_end
from mart.fact_journal_entries as f
left join core.accounting_year as y
    on y.agreement_id = f.agreement_id
    and y.accounting_year = f.accounting_year
    and not y.is_deleted
left join mart.dim_period as p
    on p.period_key = f.period_key
    and p.agreement_key = f.agreement_key
where f.agreement_id = %(agreement_id)s
    and (
        (f.accounting_year is not null and y.accounting_year is null)
        or f.date < y.start_date
        or f.date > y.end_date
        or f.date < p.start_date
        or f.date > p.end_date
        or f.accounting_year <> p.accounting_year
    )
