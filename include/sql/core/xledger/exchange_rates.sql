-- grain: one rate of exchange, for some days
-- reads: staging.xledger_exchange_rates, core.exchange_rate
-- writes: core.exchange_rate
-- sign and currency: `rate` of to_currency for `unit` of from_currency
-- One that does not say of which currencies is none.
select
    c.source_key,
    c.payload ->> 'currencyFromCode' as from_currency,
    c.payload ->> 'currencyToCode' as to_currency,
    left(c.payload ->> 'fromDate', 10)::date as start_date,
    left(c.payload ->> 'toDate', 10)::date as end_date,
    nullif((c.payload ->> 'exchangeRate')::numeric, 0) as rate,
    (c.payload ->> 'currencyUnit')::numeric as unit,
    c.is_deleted
from changed as c
where btrim(c.payload ->> 'currencyFromCode') <> ''
    and btrim(c.payload ->> 'currencyToCode') <> ''
union all
-- One that no longer says it.
select
    t.source_key,
    t.from_currency,
    t.to_currency,
    t.start_date,
    t.end_date,
    t.rate,
    t.unit,
    true as is_deleted
from changed as c
inner join core.exchange_rate as t
    on t.agreement_id = %(agreement_id)s
    and t.source_key = c.source_key
where not t.is_deleted
    and (btrim(c.payload ->> 'currencyFromCode') <> '' and btrim(c.payload ->> 'currencyToCode') <> '') is not true
