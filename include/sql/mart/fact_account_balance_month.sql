-- grain: one account and department of an agreement in one month
-- reads: mart.fact_journal_entries in the months it rewrote, core.account_month, core.accounting_year, mart.dim_account, mart.dim_department
-- writes: mart.fact_account_balance_month
-- sign and currency: debit positive, base currency; nothing is rounded
-- rows: mart.fact_journal_entries

-- Which balances to carry forward anew: those whose sums changed; all of them when the books reach into
-- another month, what a year, an account or a transferred opening says changed, or a window is rewritten.
-- step: changed by account_key, department_key
with all_of_them as (
    select 1
    from core.accounting_year as c
    where c.agreement_id = %(agreement_id)s
        and c.change_seq > %(since_accounting_year)s
    union all
    select 1
    from core.account as c
    where c.agreement_id = %(agreement_id)s
        and c.change_seq > %(since_account)s
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
        select max(t.month) as last_month
        from core.account_month as t
        where t.agreement_id = %(agreement_id)s
    ) as m
    where m.last_month is distinct from (
        select max(b.month)
        from mart.fact_account_balance_month as b
        where b.agreement_key = %(agreement_key)s
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
        t.month,
        t.opening_base + t.transferred_base + t.movement_base as change_base,
        t.movement_base
    from changed as c
    inner join core.account_month as t
        on t.agreement_id = %(agreement_id)s
        and t.account_key = c.account_key
        and t.department_key = c.department_key
),

months as (
    select distinct on (m.month)
        m.month,
        y.accounting_year,
        y.start_date
    from (
        select generate_series(min(t.month), max(t.month), interval '1 month')::date as month
        from core.account_month as t
        where t.agreement_id = %(agreement_id)s
    ) as m
    left join core.accounting_year as y
        on y.agreement_id = %(agreement_id)s
        and not y.is_deleted
        and y.start_date < m.month + interval '1 month'
        and y.end_date >= m.month
    order by m.month, y.start_date
),

-- Months in which transferred openings restate the balances; reversed ones sum to nothing. They are dated
-- on the first day of their year, so nothing need be known of the year itself.
restated as (
    select distinct s.month
    from (
        select
            t.month,
            t.account_key,
            sum(t.transferred_base) as transferred_base
        from core.account_month as t
        where t.agreement_id = %(agreement_id)s
        group by
            t.month,
            t.account_key
    ) as s
    where s.transferred_base <> 0
),

dated as (
    select
        m.month,
        m.accounting_year,
        m.start_date,
        (select max(r.month) from restated as r where r.month <= m.month) as restated_on
    from months as m
),

series as (
    select
        k.account_key,
        k.department_key,
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
            order by d.month
        ) as closing_base
    from (
        select
            s.account_key,
            s.department_key,
            min(s.month) as first_month
        from sums as s
        group by
            s.account_key,
            s.department_key
    ) as k
    inner join dated as d on d.month >= k.first_month
    inner join mart.dim_account as a on a.account_key = k.account_key
    left join sums as s
        on s.account_key = k.account_key
        and s.department_key = k.department_key
        and s.month = d.month
)

select
    s.account_key,
    s.account_number,
    s.account_name,
    s.department_key,
    case when p.department_key > 0 then p.department_number end as department_number,
    s.month,
    s.accounting_year,
    g.base_currency,
    s.closing_base - s.movement_base as opening_base,
    s.movement_base,
    s.closing_base
from series as s
inner join core.agreement as g on g.agreement_id = %(agreement_id)s
left join mart.dim_department as p on p.department_key = s.department_key
