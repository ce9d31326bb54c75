-- grain: one account and department of an agreement in one month, or in the part of it that is one accounting year's
-- reads: mart.fact_journal_entries in the months it rewrote, core.account_month, core.accounting_year, mart.dim_account, mart.dim_department
-- writes: mart.fact_account_balance_month
-- sign and currency: debit positive, base currency; nothing is rounded
-- rows: mart.fact_journal_entries
-- again with: mart.dim_account by account_key
-- again with: mart.dim_department by department_key

-- The books from their first month to their newest, parted where a year begins or ends inside one. Outside the years that are
-- known a gap of more than a year is left open: a posting dated 0206 or 3026 is a month of its own, and thousands before
-- or after it are no rows.
-- step: part by first_day
with posted as (
    select
        m.month,
        m.is_in_year,
        lead(m.month) over (order by m.month) as next_month
    from (
        select
            t.month,
            bool_or(
                exists (
                    select
                    from core.accounting_year as y
                    where y.agreement_id = %(agreement_id)s
                        and not y.is_deleted
                        and t.first_day between y.start_date and y.end_date
                )
            ) as is_in_year
        from (
            select distinct
                s.month,
                s.first_day
            from core.account_month as s
            where s.agreement_id = %(agreement_id)s
        ) as t
        group by t.month
    ) as m
),

months as (
    select p.month
    from posted as p
    union
    select generate_series(p.month, p.next_month, interval '1 month')::date as month
    from posted as p
    where p.next_month <= p.month + interval '1 year'
    union
    select
        generate_series(
            greatest(date_trunc('month', y.start_date)::date, b.first_month),
            least(y.end_date, b.last_month),
            interval '1 month'
        )::date as month
    from core.accounting_year as y
    cross join (
        select
            min(p.month) as first_month,
            max(p.month) as last_month
        from posted as p
        where p.is_in_year
    ) as b
    where y.agreement_id = %(agreement_id)s
        and not y.is_deleted
),

days as (
    select m.month as first_day
    from months as m
    union
    select d.first_day
    from core.accounting_year as y
    cross join lateral (values (y.start_date), (y.end_date + 1)) as d (first_day)
    inner join months as m on m.month = date_trunc('month', d.first_day)
    where y.agreement_id = %(agreement_id)s
        and not y.is_deleted
        -- The days after the last year are no part of their own while nothing is posted there.
        and (
            exists (
                select
                from core.accounting_year as n
                where n.agreement_id = y.agreement_id
                    and not n.is_deleted
                    and d.first_day between n.start_date and n.end_date
            )
            or exists (
                select
                from core.account_month as t
                where t.agreement_id = %(agreement_id)s
                    and t.first_day between d.first_day and d.first_day + interval '1 year'
            )
        )
)

select distinct on (d.first_day)
    d.first_day,
    d.last_day,
    date_trunc('month', d.first_day)::date as month,
    y.accounting_year,
    y.start_date
from (
    select
        d.first_day,
        least(
            lead(d.first_day) over (order by d.first_day),
            (date_trunc('month', d.first_day) + interval '1 month')::date
        ) - 1 as last_day
    from days as d
) as d
left join core.accounting_year as y
    on y.agreement_id = %(agreement_id)s
    and not y.is_deleted
    and d.first_day between y.start_date and y.end_date
order by d.first_day, y.start_date

-- Which balances to carry forward anew: those whose sums changed, and those whose account or department is called
-- otherwise; all of them when the books reach into other months, what a year or a transferred opening says changed, or a
-- window is rewritten.
-- What was first posted on has a row of every part from then on: by its rows the months are known that the books had before.
-- step: changed by account_key, department_key
with all_of_them as (
    select 1
    from core.accounting_year as c
    where c.agreement_id = %(agreement_id)s
        and c.change_seq > %(since_accounting_year)s
    union all
    select 1
    from core.agreement as c
    where c.agreement_id = %(agreement_id)s
        and c.change_seq > %(since_agreement)s
    union all
    select 1
    from written_account_month as w
    where coalesce(w.transferred_base, 0) <> coalesce((w.was).transferred_base, 0)
    union all
    select 1
    from (
        select
            t.account_key,
            t.department_key,
            t.first_day
        from core.account_month as t
        where t.agreement_id = %(agreement_id)s
        order by
            t.first_day,
            t.account_key,
            t.department_key
        limit 1
    ) as o
    where exists (
        (
            select
                p.first_day,
                p.last_day
            from part as p
            -- Books that begin inside a month have no balance before.
            where p.first_day >= o.first_day
            except
            select
                b.first_day,
                b.last_day
            from mart.fact_account_balance_month as b
            where b.agreement_key = %(agreement_key)s
                and b.account_key = o.account_key
                and b.department_key = o.department_key
        )
        union all
        (
            select
                b.first_day,
                b.last_day
            from mart.fact_account_balance_month as b
            where b.agreement_key = %(agreement_key)s
                and b.account_key = o.account_key
                and b.department_key = o.department_key
            except
            select
                p.first_day,
                p.last_day
            from part as p
        )
    )
)

select
    coalesce(w.account_key, (w.was).account_key) as account_key,
    coalesce(w.department_key, (w.was).department_key) as department_key
from written_account_month as w
union
select
    t.account_key,
    t.department_key
from written_dim_account as w
inner join core.account_month as t
    on t.agreement_id = %(agreement_id)s
    and t.account_key = coalesce(w.account_key, (w.was).account_key)
where (w.account_number, w.name, w.is_balance_sheet)
    is distinct from ((w.was).account_number, (w.was).name, (w.was).is_balance_sheet)
union
select
    t.account_key,
    t.department_key
from written_dim_department as w
inner join core.account_month as t
    on t.agreement_id = %(agreement_id)s
    and t.department_key = coalesce(w.department_key, (w.was).department_key)
where w.department_number is distinct from (w.was).department_number
union
select
    t.account_key,
    t.department_key
from core.account_month as t
where t.agreement_id = %(agreement_id)s
    and (exists (select 1 from all_of_them) or %(window_start)s::date < 'infinity')
union
select
    b.account_key,
    b.department_key
from mart.fact_account_balance_month as b
where b.agreement_key = %(agreement_key)s
    and %(window_start)s::date < 'infinity'

-- final
with sums as (
    select
        t.account_key,
        t.department_key,
        t.first_day,
        t.opening_base + t.transferred_base + t.movement_base as change_base,
        t.movement_base
    from changed as c
    inner join core.account_month as t
        on t.agreement_id = %(agreement_id)s
        and t.account_key = c.account_key
        and t.department_key = c.department_key
),

-- Days from which transferred openings restate the balances; reversed ones sum to nothing. They are dated
-- on the first day of their year, so nothing need be known of the year itself.
restated as (
    select distinct s.first_day
    from (
        select
            t.first_day,
            t.account_key,
            sum(t.transferred_base) as transferred_base
        from core.account_month as t
        where t.agreement_id = %(agreement_id)s
        group by
            t.first_day,
            t.account_key
    ) as s
    where s.transferred_base <> 0
),

dated as (
    select
        p.first_day,
        p.last_day,
        p.month,
        p.accounting_year,
        p.start_date,
        (select max(r.first_day) from restated as r where r.first_day <= p.first_day) as restated_on
    from part as p
),

series as (
    select
        k.account_key,
        k.department_key,
        d.first_day,
        d.last_day,
        d.month,
        d.accounting_year,
        a.account_number,
        a.name as account_name,
        coalesce(s.movement_base, 0) as movement_base,
        sum(coalesce(s.change_base, 0)) over (
            partition by
                k.account_key,
                k.department_key,
                -- Profit and loss starts anew every year, all else where openings restate it.
                case when a.is_balance_sheet is false then d.start_date else d.restated_on end
            order by d.first_day
        ) as closing_base
    from (
        select
            s.account_key,
            s.department_key,
            min(s.first_day) as first_day
        from sums as s
        group by
            s.account_key,
            s.department_key
    ) as k
    inner join dated as d on d.first_day >= k.first_day
    inner join mart.dim_account as a on a.account_key = k.account_key
    left join sums as s
        on s.account_key = k.account_key
        and s.department_key = k.department_key
        and s.first_day = d.first_day
)

select
    s.account_key,
    s.account_number,
    s.account_name,
    s.department_key,
    case when p.department_key > 0 then p.department_number end as department_number,
    s.month,
    s.first_day,
    s.last_day,
    s.accounting_year,
    g.base_currency,
    s.closing_base - s.movement_base as opening_base,
    s.movement_base,
    s.closing_base
from series as s
inner join core.agreement as g on g.agreement_id = %(agreement_id)s
left join mart.dim_department as p on p.department_key = s.department_key
