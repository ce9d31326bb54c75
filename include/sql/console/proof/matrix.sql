-- grain: one account of one accounting year, and one of its periods (period is null: the whole year): its last comparison
-- reads: mart.dim_account, ops.proof
-- writes: nothing
-- sign and currency: debit positive, base currency

-- Of each total the last comparison until the chosen proof: a night compares again only what may have changed.
with named as (
    select
        a.account_number,
        min(a.name) as name
    from mart.dim_account as a
    where a.agreement_key = %(agreement_key)s
    group by a.account_number
    union all
    -- What only the vendor knows.
    select distinct
        p.account_number,
        null as name
    from ops.proof as p
    where p.agreement_id = %(agreement_id)s
        and p.checked_at = %(checked_at)s
        and p.control in ('account_year_totals', 'account_period_totals')
        and p.account_number not in (
            select a.account_number
            from mart.dim_account as a
            where a.agreement_key = %(agreement_key)s
        )
),

whole as (
    select
        n.account_number,
        n.name,
        y.vendor_value,
        y.warehouse_value,
        y.difference,
        y.ok,
        y.checked_at,
        max(y.checked_at) over () as year_checked_at
    from named as n
    cross join lateral (
        select
            p.vendor_value,
            p.warehouse_value,
            p.difference,
            p.ok,
            p.checked_at
        from ops.proof as p
        where p.agreement_id = %(agreement_id)s
            and p.control = 'account_year_totals'
            and p.entity = 'fact_journal_entries'
            and p.account_number = n.account_number
            and p.period = %(year)s
            and p.checked_at <= %(checked_at)s
        order by p.checked_at desc
        limit 1
    ) as y
),

shown as (
    select
        w.account_number,
        w.name,
        w.vendor_value,
        w.warehouse_value,
        w.difference,
        w.ok,
        w.checked_at
    from whole as w
    -- Where both sides come to nothing there is no row: an older one says what was.
    where w.checked_at = w.year_checked_at
        and (
            %(like)s::text is null
            or w.account_number ilike %(like)s
            or w.name ilike %(like)s
        )
        and (
            %(after)s::text is null
            or (length(w.account_number), w.account_number) > (length(%(after)s), %(after)s)
        )
    order by
        length(w.account_number),
        w.account_number
    limit %(limit)s
)

select
    s.account_number,
    s.name,
    null::integer as period,
    s.vendor_value,
    s.warehouse_value,
    s.difference,
    s.ok,
    s.checked_at
from shown as s
union all
select
    s.account_number,
    s.name,
    d.period,
    c.vendor_value,
    c.warehouse_value,
    c.difference,
    c.ok,
    c.checked_at
from shown as s
inner join mart.dim_period as d
    on d.agreement_key = %(agreement_key)s
    and d.accounting_year = %(year)s
cross join lateral (
    select
        p.vendor_value,
        p.warehouse_value,
        p.difference,
        p.ok,
        p.checked_at
    from ops.proof as p
    where p.agreement_id = %(agreement_id)s
        and p.control = 'account_period_totals'
        and p.entity = 'fact_journal_entries'
        and p.account_number = s.account_number
        and p.period = d.accounting_year || ' P' || lpad(d.period::text, 2, '0')
        and p.checked_at <= %(checked_at)s
    order by p.checked_at desc
    limit 1
) as c;
