-- Exchange rates that banks publish and people give by file, and what they come to per month.

do $$
declare
    name text;
begin
    foreach name in array array['sync_run', 'watermark', 'drift', 'alert', 'watched', 'audit'] loop
        execute format(
            'alter table ops.%1$I drop constraint %2$I, add constraint %2$I '
            'check (subject_kind in (''agreement'', ''file'', ''export'', ''rates''))',
            name, name || '_subject_kind_check'
        );
        execute format(
            'comment on column ops.%1$I.subject_kind is %2$L',
            name, 'What it is about: agreement, file, export or rates'
                || case when name = 'audit' then '; NULL where it concerns none.' else '.' end
        );
    end loop;
end
$$;

create table core.published_rate (
    source text not null,
    kind text not null check (kind in ('day', 'average', 'closing')),
    base_currency text not null check (base_currency ~ '^[A-Z]{3}$'),
    quote_currency text not null check (quote_currency ~ '^[A-Z]{3}$'),
    rate_date date not null,
    rate numeric not null check (rate > 0),
    published_rate numeric not null,
    unit numeric not null check (unit > 0),
    primary key (source, kind, base_currency, quote_currency, rate_date),
    check (base_currency <> quote_currency)
);
create index published_rate_by_day on core.published_rate (source, rate_date);
comment on table core.published_rate is
    'Rates as banks publish them and as people''s files give them; no rate is made up for a day without one.';
comment on column core.published_rate.source is
    'ecb, nationalbanken, norges_bank or riksbank; file:<id> for the files of a configuration.';
comment on column core.published_rate.kind is
    'day: of that day. average, closing: of the whole month, as a file gives it; rate_date is its last day.';
comment on column core.published_rate.base_currency is 'The currency one unit of which is priced.';
comment on column core.published_rate.quote_currency is 'The currency it is priced in.';
comment on column core.published_rate.rate_date is 'The day the rate is of.';
comment on column core.published_rate.rate is 'quote_currency for one base_currency, exact.';
comment on column core.published_rate.published_rate is 'quote_currency for `unit` of base_currency, as it was published.';
comment on column core.published_rate.unit is 'How many of base_currency published_rate is for: 1 or 100, mostly.';

create table mart.fact_exchange_rate (
    agreement_key bigint not null default -1,
    date_key integer not null,
    source text not null,
    base_currency text not null,
    quote_currency text not null,
    month date not null,
    month_end date not null,
    average_rate numeric(24, 10),
    closing_rate numeric(24, 10),
    closing_date date,
    published_days integer not null,
    is_derived boolean not null,
    is_complete boolean not null,
    primary key (source, base_currency, quote_currency, month)
);
create index fact_exchange_rate_by_month on mart.fact_exchange_rate (source, month);
comment on table mart.fact_exchange_rate is
    'Average and closing rate per source, pair of currencies and month: one base_currency is so many quote_currency.';
comment on column mart.fact_exchange_rate.agreement_key is 'Always -1: rates belong to no agreement.';
comment on column mart.fact_exchange_rate.date_key is 'The last day of the month as yyyymmdd: dim_date.';
comment on column mart.fact_exchange_rate.source is
    'ecb, nationalbanken, norges_bank or riksbank; file:<id> for own rates by file.';
comment on column mart.fact_exchange_rate.base_currency is 'The currency to convert from.';
comment on column mart.fact_exchange_rate.quote_currency is 'The currency to convert to.';
comment on column mart.fact_exchange_rate.month is 'The first day of the month.';
comment on column mart.fact_exchange_rate.month_end is 'The last day of the month.';
comment on column mart.fact_exchange_rate.average_rate is
    'Mean of the rates of the days that have one; null where a file gives the closing rate alone.';
comment on column mart.fact_exchange_rate.closing_rate is
    'Rate of the last day of the month that has one; null where a file gives the average alone.';
comment on column mart.fact_exchange_rate.closing_date is 'The day closing_rate is of.';
comment on column mart.fact_exchange_rate.published_days is
    'Days of the month with a rate; 0 where a file gives the month''s rate itself.';
comment on column mart.fact_exchange_rate.is_derived is
    'Whether it was worked out: turned round, or over the currency of the bank.';
comment on column mart.fact_exchange_rate.is_complete is
    'Whether the month is over: the source has a rate of a later month, or the file gives the month''s rate itself.';

create view mart.exchange_rate_day as
select
    -1::bigint as agreement_key,
    mart.date_key(r.rate_date) as date_key,
    r.source,
    r.base_currency,
    r.quote_currency,
    r.rate_date,
    r.rate
from core.published_rate as r
where r.kind = 'day';
comment on view mart.exchange_rate_day is
    'Rates of days as they were published, one base_currency in quote_currency; days without one have no row.';
comment on column mart.exchange_rate_day.agreement_key is 'Always -1: rates belong to no agreement.';
comment on column mart.exchange_rate_day.date_key is 'The day as yyyymmdd: dim_date.';
comment on column mart.exchange_rate_day.source is
    'ecb, nationalbanken, norges_bank or riksbank; file:<id> for own rates by file.';
comment on column mart.exchange_rate_day.base_currency is 'The currency one unit of which is priced.';
comment on column mart.exchange_rate_day.quote_currency is 'The currency it is priced in.';
comment on column mart.exchange_rate_day.rate_date is 'The day the rate is of.';
comment on column mart.exchange_rate_day.rate is 'quote_currency for one base_currency, exact.';

create function mart.exchange_rate_on(source text, from_currency text, to_currency text, day date)
returns numeric
language sql stable parallel safe
as $$
with near as (
    select
        r.base_currency,
        r.quote_currency,
        r.rate_date,
        r.rate
    from mart.exchange_rate_day as r
    where r.source = $1
        and r.rate_date <= $4
        -- No bank closes for longer: a currency that is no longer published has no rate.
        and (r.rate_date > $4 - 10 or $1 like 'file:%')
        and (r.base_currency in ($2, $3) or r.quote_currency in ($2, $3))
),

found as (
    select
        n.rate_date,
        1 as place,
        n.rate
    from near as n
    where n.base_currency = $2 and n.quote_currency = $3
    union all
    select
        n.rate_date,
        2 as place,
        1 / n.rate as rate
    from near as n
    where n.base_currency = $3 and n.quote_currency = $2
    union all
    select
        a.rate_date,
        3 as place,
        b.rate / a.rate as rate
    from near as a
    inner join near as b
        on b.rate_date = a.rate_date
        and b.base_currency = a.base_currency
    where a.quote_currency = $2 and b.quote_currency = $3 and $1 not like 'file:%'
    union all
    select
        a.rate_date,
        3 as place,
        a.rate / b.rate as rate
    from near as a
    inner join near as b
        on b.rate_date = a.rate_date
        and b.quote_currency = a.quote_currency
    where a.base_currency = $2 and b.base_currency = $3 and $1 not like 'file:%'
)

select case
    when $2 = $3 then 1
    else (select round(f.rate, 10) from found as f order by f.rate_date desc, f.place limit 1)
end
$$;
comment on function mart.exchange_rate_on(text, text, text, date) is
    'How many to_currency one from_currency was on a day: of that day, or of the last one before it with a rate '
    '(weekends, holidays), at most 9 days back for banks. Null where there is none.';

grant select on mart.fact_exchange_rate, mart.exchange_rate_day to powerbi;
grant execute on function mart.exchange_rate_on(text, text, text, date) to powerbi;
