-- grain: one account and department of an agreement in one month
-- reads: mart.fact_journal_entries in the months it rewrote, core.account_month, core.accounting_year, mart.dim_account, mart.dim_department
-- writes: core.account_month, mart.fact_account_balance_month
-- sign and currency: debit positive, base currency; nothing is rounded

-- The sums of the months whose facts were rewritten, as they were and as they are.
create temporary table month_sum on commit drop as
select
    f.account_key,
    f.department_key,
    m.month,
    coalesce(sum(f.amount_base) filter (where f.entry_type = 'opening_entry'), 0) as opening_base,
    coalesce(
        sum(f.amount_base) filter (where f.entry_type = 'transferred_opening_entry'), 0
    ) as transferred_base,
    coalesce(sum(f.amount_base) filter (where not f.is_opening), 0) as movement_base
from touched_month as m
inner join mart.fact_journal_entries as f
    on f.agreement_id = %(agreement_id)s
    and f.date >= m.month
    and f.date < m.month + interval '1 month'
group by
    f.account_key,
    f.department_key,
    m.month;

create temporary table changed_month on commit drop as
with was as (
    select
        t.account_key,
        t.department_key,
        t.month,
        t.opening_base,
        t.transferred_base,
        t.movement_base
    from core.account_month as t
    where t.agreement_id = %(agreement_id)s
        and (
            t.month in (select m.month from touched_month as m)
            or %(window_start)s::date = '-infinity'
        )
)

select
    coalesce(s.account_key, w.account_key) as account_key,
    coalesce(s.department_key, w.department_key) as department_key,
    coalesce(s.month, w.month) as month,
    s.opening_base,
    s.transferred_base,
    s.movement_base,
    coalesce(s.transferred_base, 0) <> coalesce(w.transferred_base, 0) as is_transfer
from month_sum as s
full join was as w
    on w.account_key = s.account_key
    and w.department_key = s.department_key
    and w.month = s.month
where (s.opening_base, s.transferred_base, s.movement_base)
    is distinct from (w.opening_base, w.transferred_base, w.movement_base);

delete from core.account_month as t
using changed_month as c
where t.agreement_id = %(agreement_id)s
    and t.account_key = c.account_key
    and t.department_key = c.department_key
    and t.month = c.month
    and c.movement_base is null;

insert into core.account_month as t (
    agreement_id, account_key, department_key, month, opening_base, transferred_base, movement_base
)
select
    %(agreement_id)s, account_key, department_key, month, opening_base, transferred_base,
    movement_base
from changed_month
where movement_base is not null
on conflict (agreement_id, account_key, department_key, month) do update set
    opening_base = excluded.opening_base,
    transferred_base = excluded.transferred_base,
    movement_base = excluded.movement_base;

-- Which balances to carry forward anew: those whose sums changed; all of them when the books reach into
-- another month, what a year, an account or a transferred opening says changed, or a window is rewritten.
create temporary table carried on commit drop as
select max(t.month) as last_month
from core.account_month as t
where t.agreement_id = %(agreement_id)s;

create temporary table changed_balance on commit drop as
select distinct
    c.account_key,
    c.department_key
from changed_month as c
union
select
    t.account_key,
    t.department_key
from core.account_month as t
where t.agreement_id = %(agreement_id)s
    and (
        exists (select 1 from changed_month as c where c.is_transfer)
        or exists (
            select 1
            from core.accounting_year as c
            where c.agreement_id = %(agreement_id)s
                and c.change_seq > %(since_accounting_year)s
        )
        or exists (
            select 1
            from core.account as c
            where c.agreement_id = %(agreement_id)s
                and c.change_seq > %(since_account)s
        )
        or exists (
            select 1
            from core.agreement as c
            where c.agreement_id = %(agreement_id)s
                and c.change_seq > %(since_agreement)s
        )
        or (select last_month from carried) is distinct from (
            select max(b.month)
            from mart.fact_account_balance_month as b
            where b.agreement_key = %(agreement_key)s
        )
        or %(window_start)s::date < 'infinity'
    );

create unique index on changed_balance (account_key, department_key);
analyze changed_balance;

with sums as (
    select
        t.account_key,
        t.department_key,
        t.month,
        t.opening_base + t.transferred_base + t.movement_base as change_base,
        t.movement_base
    from changed_balance as c
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
),

final as (
    select
        %(agreement_key)s::bigint as agreement_key,
        %(agreement_id)s as agreement_id,
        s.account_key as account_key,
        s.account_number as account_number,
        s.account_name as account_name,
        s.department_key as department_key,
        case when p.department_key > 0 then p.department_number end as department_number,
        s.month as month,
        s.accounting_year as accounting_year,
        g.base_currency as base_currency,
        (s.closing_base - s.movement_base)::numeric(19, 4) as opening_base,
        s.movement_base::numeric(19, 4) as movement_base,
        s.closing_base::numeric(19, 4) as closing_base
    from series as s
    inner join core.agreement as g on g.agreement_id = %(agreement_id)s
    left join mart.dim_department as p on p.department_key = s.department_key
),

upserted as (
    insert into mart.fact_account_balance_month as t (
        agreement_key, agreement_id, account_key, account_number, account_name, department_key,
        department_number, month, accounting_year, base_currency, opening_base, movement_base,
        closing_base
    )
    select
        agreement_key, agreement_id, account_key, account_number, account_name, department_key,
        department_number, month, accounting_year, base_currency, opening_base, movement_base,
        closing_base
    from final
    on conflict (agreement_key, account_key, department_key, month) do update set
        agreement_id = excluded.agreement_id,
        account_number = excluded.account_number,
        account_name = excluded.account_name,
        department_number = excluded.department_number,
        accounting_year = excluded.accounting_year,
        base_currency = excluded.base_currency,
        opening_base = excluded.opening_base,
        movement_base = excluded.movement_base,
        closing_base = excluded.closing_base
    where t is distinct from excluded
    returning (t.xmax = 0) as is_new
),

deleted as (
    delete from mart.fact_account_balance_month as t
    where t.agreement_key = %(agreement_key)s
        and (
            (t.account_key, t.department_key) in (
                select
                    c.account_key,
                    c.department_key
                from changed_balance as c
            )
            or %(window_start)s::date < 'infinity'
        )
        and not exists (
            select 1
            from final as f
            where f.account_key = t.account_key
                and f.department_key = t.department_key
                and f.month = t.month
        )
    returning 1
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    (select count(*) from deleted) as deleted;
