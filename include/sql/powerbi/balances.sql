-- grain: one account and department: its balance before the first day chosen, what moved it, its balance on the balance day
-- reads: mart.fact_account_balance_month, mart.fact_journal_entries, mart.dim_account, mart.dim_period
-- writes: nothing
-- sign and currency: debit positive, base currency
with days as (
    select
        'opening' as place,
        %(first_day)s::date as day,
        %(first_day)s::date - 1 as through
    union all
    select
        'closing' as place,
        %(balance_day)s::date as day,
        %(balance_day)s::date as through
),

-- The part of a month that the day is in; after the newest month of the books, the newest.
parts as (
    select
        d.place,
        d.day,
        d.through,
        b.first_day,
        -- The balance at its end needs no postings.
        d.through >= b.last_day as is_whole
    from days as d
    cross join lateral (
        select
            m.first_day,
            m.last_day
        from mart.fact_account_balance_month as m
        where m.agreement_key = %(agreement_key)s
            and m.first_day <= d.day
        order by m.first_day desc
        limit 1
    ) as b
),

-- Profit and loss has no balance after the end of the part's accounting year, whether or not anything is posted in the next one yet.
ended as (
    select
        p.place,
        p.day > max(e.end_date) as is_year_over
    from parts as p
    inner join mart.dim_period as e
        on e.agreement_key = %(agreement_key)s
        and e.accounting_year = (
            select max(b.accounting_year)
            from mart.fact_account_balance_month as b
            where b.agreement_key = %(agreement_key)s
                and b.first_day = p.first_day
        )
    group by
        p.place,
        p.day
),

amounts as (
    select
        p.place,
        b.account_key,
        b.department_key,
        case when p.is_whole then b.closing_base else b.opening_base end as amount_base
    from parts as p
    inner join mart.fact_account_balance_month as b
        on b.agreement_key = %(agreement_key)s
        and b.first_day = p.first_day
    union all
    select
        p.place,
        f.account_key,
        f.department_key,
        f.amount_base
    from parts as p
    inner join mart.fact_journal_entries as f
        on f.agreement_key = %(agreement_key)s
        and f.date between p.first_day and p.through
        and not f.is_opening
    where not p.is_whole
    union all
    select
        'movement' as place,
        f.account_key,
        f.department_key,
        f.amount_base
    from mart.fact_journal_entries as f
    where f.agreement_key = %(agreement_key)s
        and f.date between %(first_day)s and %(balance_day)s
        and not f.is_opening
)

select
    m.account_key,
    m.department_key,
    a.account_number,
    a.is_balance_sheet,
    a.section,
    a.report_line,
    (array[lower(a.name), lower(a.section), lower(a.report_line)] && %(cash_lines)s::text[]) as is_cash,
    a.is_vat,
    coalesce(sum(m.amount_base) filter (where m.place = 'opening'), 0) as opening_base,
    coalesce(sum(m.amount_base) filter (where m.place = 'movement'), 0) as movement_base,
    coalesce(sum(m.amount_base) filter (where m.place = 'closing'), 0) as closing_base
from amounts as m
inner join mart.dim_account as a on a.account_key = m.account_key
left join ended as e on e.place = m.place
where (a.is_balance_sheet is false and e.is_year_over) is not true
group by
    m.account_key,
    m.department_key,
    a.account_number,
    a.name,
    a.is_balance_sheet,
    a.is_vat,
    a.section,
    a.report_line
