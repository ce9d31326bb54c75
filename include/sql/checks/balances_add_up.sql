-- rule: closing_base is opening_base + movement_base, and a month (or a year's part of it) opens with what closed before
-- reads: mart.fact_account_balance_month, core.account_month, core.accounting_year
-- severity: critical
-- remedy: read the months named here again (mode window): balances are then carried forward anew. Where ops.set_aside names mart.fact_account_balance_month, a sum of postings fits no column: correct them at the vendor
select
    b.account_number as account_number,
    b.department_number as department_number,
    b.month as month,
    b.first_day as first_day,
    b.closed_before as closed_before,
    b.opening_base as opening_base,
    b.movement_base as movement_base,
    b.closing_base as closing_base
from (
    select
        t.account_key,
        t.department_key,
        t.account_number,
        t.department_number,
        t.month,
        t.first_day,
        t.opening_base,
        t.movement_base,
        t.closing_base,
        t.accounting_year is not null and lag(t.accounting_year) over w is not null as is_between_years,
        t.accounting_year is not distinct from lag(t.accounting_year) over w as is_same_year,
        lag(t.last_day) over w as day_before,
        lag(t.closing_base) over w as closed_before
    from mart.fact_account_balance_month as t
    where t.agreement_id = %(agreement_id)s
    window w as (partition by t.account_key, t.department_key order by t.first_day)
) as b
where b.closing_base <> b.opening_base + b.movement_base
    or (
        b.day_before <> b.first_day - 1
        -- More than a year without postings is no row each where no accounting year is known.
        and (
            date_trunc('month', b.day_before) + interval '1 year' >= b.month
            or (
                b.is_between_years
                and exists (
                    select
                    from core.accounting_year as y
                    where y.agreement_id = %(agreement_id)s
                        and not y.is_deleted
                        and y.start_date < b.first_day
                        and y.end_date > b.day_before
                )
            )
        )
    )
    or (
        b.opening_base <> b.closed_before
        and b.is_same_year
        -- Opening entries of those days are part of what it opens with.
        and not exists (
            select 1
            from core.account_month as o
            where o.agreement_id = %(agreement_id)s
                and o.account_key = b.account_key
                and o.department_key = b.department_key
                and o.first_day = b.first_day
                and o.opening_base + o.transferred_base <> 0
        )
    )
