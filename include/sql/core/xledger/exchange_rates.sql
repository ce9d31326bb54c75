-- grain: one rate of exchange, for some days
-- reads: staging.xledger_exchange_rates
-- writes: core.exchange_rate
-- sign and currency: `rate` of to_currency for `unit` of from_currency
select
    c.source_key,
    coalesce(c.payload ->> 'currencyFromCode', '') as from_currency,
    coalesce(c.payload ->> 'currencyToCode', '') as to_currency,
    left(c.payload ->> 'fromDate', 10)::date as start_date,
    left(c.payload ->> 'toDate', 10)::date as end_date,
    nullif((c.payload ->> 'exchangeRate')::numeric, 0) as rate,
    (c.payload ->> 'currencyUnit')::numeric as unit,
    c.is_deleted
from changed as c
