-- rule: The movement of a month, or of a year's part of it, is the sum of its postings, opening entries left out
-- reads: mart.fact_account_balance_month, mart.fact_journal_entries, mart.dim_account
-- severity: critical
-- remedy: read the months named here again (mode window): movements are then summed anew. Where ops.set_aside names mart.fact_account_balance_month, a sum of postings fits no column: correct them at the vendor
select
    coalesce(b.account_number, a.account_number) as account_number,
    b.department_number as department_number,
    date_trunc('month', coalesce(b.first_day, e.first_day))::date as month,
    coalesce(b.first_day, e.first_day) as first_day,
    b.movement_base as movement_base,
    e.amount_base as amount_base_of_entries,
    coalesce(b.movement_base, 0) - coalesce(e.amount_base, 0) as difference
from (
    select
        t.account_key,
        t.department_key,
        t.account_number,
        t.department_number,
        t.first_day,
        t.movement_base
    from mart.fact_account_balance_month as t
    where t.agreement_id = %(agreement_id)s
) as b
full join (
    select
        d.account_key,
        d.department_key,
        coalesce(p.first_day, d.month) as first_day,
        sum(d.amount_base) as amount_base
    from (
        select
            s.*,
            date_trunc('month', s.date)::date as month
        -- By day first: days are few, and truncating every posting's date is most of the work.
        from (
            select
                f.account_key,
                f.department_key,
                f.date,
                sum(f.amount_base) as amount_base
            from mart.fact_journal_entries as f
            where f.agreement_id = %(agreement_id)s
                and not f.is_opening
            group by
                f.account_key,
                f.department_key,
                f.date
        ) as s
    ) as d
    left join (
        select distinct
            t.month,
            t.first_day,
            t.last_day
        from mart.fact_account_balance_month as t
        where t.agreement_id = %(agreement_id)s
    ) as p
        on p.month = d.month
        and d.date between p.first_day and p.last_day
    group by
        d.account_key,
        d.department_key,
        coalesce(p.first_day, d.month)
) as e
    on e.account_key = b.account_key
    and e.department_key = b.department_key
    and e.first_day = b.first_day
left join mart.dim_account as a on a.account_key = e.account_key
where coalesce(b.movement_base, 0) <> coalesce(e.amount_base, 0)
