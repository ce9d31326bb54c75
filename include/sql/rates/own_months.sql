-- grain: one row per pair of currencies and month of the files of a configuration
-- reads: core.published_rate
-- writes: mart.fact_exchange_rate
-- sign and currency: one base_currency in quote_currency; rounded once, at the tenth decimal
with given as (
    select
        r.kind,
        r.base_currency,
        r.quote_currency,
        r.rate_date,
        date_trunc('month', r.rate_date)::date as month,
        r.rate
    from core.published_rate as r
    where r.source = %(source)s
        and date_trunc('month', r.rate_date)::date = any(%(months)s::date[])
),

-- A pair that a file gives in one direction only is turned round.
pairs as (
    select
        g.kind,
        g.base_currency,
        g.quote_currency,
        g.rate_date,
        g.month,
        g.rate,
        false as is_derived
    from given as g
    union all
    select
        g.kind,
        g.quote_currency as base_currency,
        g.base_currency as quote_currency,
        g.rate_date,
        g.month,
        1 / g.rate as rate,
        true as is_derived
    from given as g
    where not exists (
        select 1
        from given as o
        where o.base_currency = g.quote_currency
            and o.quote_currency = g.base_currency
            and o.month = g.month
    )
),

months as (
    select
        p.base_currency,
        p.quote_currency,
        p.month,
        (p.month + interval '1 month - 1 day')::date as month_end,
        max(p.rate) filter (where p.kind = 'average') as given_average,
        max(p.rate) filter (where p.kind = 'closing') as given_closing,
        avg(p.rate) filter (where p.kind = 'day') as average_of_days,
        (array_agg(p.rate order by p.rate_date desc) filter (where p.kind = 'day'))[1] as last_of_days,
        max(p.rate_date) filter (where p.kind = 'day') as last_day,
        (count(*) filter (where p.kind = 'day'))::integer as published_days,
        bool_or(p.is_derived) as is_derived
    from pairs as p
    group by p.base_currency, p.quote_currency, p.month
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
        round(coalesce(m.given_average, m.average_of_days), 10) as average_rate,
        round(coalesce(m.given_closing, m.last_of_days), 10) as closing_rate,
        case when m.given_closing is not null then m.month_end else m.last_day end as closing_date,
        m.published_days,
        m.is_derived,
        m.published_days = 0 or coalesce(l.rate_date > m.month_end, false) as is_complete
    from months as m
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
