-- grain: one row per pair of currencies and month of a bank
-- reads: core.published_rate
-- writes: mart.fact_exchange_rate
-- sign and currency: one base_currency in quote_currency; rounded once, at the tenth decimal
with published as (
    select
        r.base_currency,
        r.quote_currency,
        r.rate_date,
        r.rate
    from core.published_rate as r
    where r.source = %(source)s
        and r.kind = 'day'
        and r.rate_date >= (select min(m) from unnest(%(months)s::date[]) as m)
        and date_trunc('month', r.rate_date)::date = any(%(months)s::date[])
),

-- So many of a currency (up) are so many of the bank's own (down); its own is one of itself.
legs as (
    select
        p.rate_date,
        case when p.base_currency = %(currency)s then p.quote_currency else p.base_currency end as currency,
        case when p.base_currency = %(currency)s then p.rate else 1 end as up,
        case when p.base_currency = %(currency)s then 1 else p.rate end as down
    from published as p
    where %(currency)s in (p.base_currency, p.quote_currency)
    union all
    select distinct
        p.rate_date,
        %(currency)s as currency,
        1::numeric as up,
        1::numeric as down
    from published as p
),

pairs as (
    select
        a.currency as base_currency,
        b.currency as quote_currency,
        a.rate_date,
        date_trunc('month', a.rate_date)::date as month,
        (b.up * a.down) / (b.down * a.up) as rate
    from legs as a
    inner join legs as b
        on b.rate_date = a.rate_date
        and b.currency <> a.currency
),

months as (
    select
        p.base_currency,
        p.quote_currency,
        p.month,
        (p.month + interval '1 month - 1 day')::date as month_end,
        round(avg(p.rate), 10) as average_rate,
        round((array_agg(p.rate order by p.rate_date desc))[1], 10) as closing_rate,
        max(p.rate_date) as closing_date,
        count(*)::integer as published_days
    from pairs as p
    group by p.base_currency, p.quote_currency, p.month
),

own_pairs as (
    select distinct
        p.base_currency,
        p.quote_currency,
        date_trunc('month', p.rate_date)::date as month
    from published as p
),

latest as materialized (
    select max(r.rate_date) as rate_date
    from core.published_rate as r
    where r.source = %(source)s and r.kind = 'day'
),

final as (
    select
        -1::bigint as agreement_key,
        mart.date_key(m.month_end) as date_key,
        %(source)s::text as source,
        m.base_currency,
        m.quote_currency,
        m.month,
        m.month_end,
        m.average_rate,
        m.closing_rate,
        m.closing_date,
        m.published_days,
        o.month is null as is_derived,
        l.rate_date > m.month_end as is_complete
    from months as m
    left join own_pairs as o
        on o.base_currency = m.base_currency
        and o.quote_currency = m.quote_currency
        and o.month = m.month
    cross join latest as l
)

select
    agreement_key,
    date_key,
    source,
    base_currency,
    quote_currency,
    month,
    month_end,
    average_rate,
    closing_rate,
    closing_date,
    published_days,
    is_derived,
    is_complete
from final
