-- A heartbeat stands for the minutes until the next one is due: the watch looks every few minutes.

alter table ops.heartbeat add column minutes smallint not null default 1 check (minutes > 0);
comment on table ops.heartbeat is
    'Of each look of the watch and each component: whether it was well. A time without rows is one at which nothing ran.';
comment on column ops.heartbeat.at is 'When it was looked at (UTC).';
comment on column ops.heartbeat.minutes is
    'How many minutes it stands for: from when this look was due to when the next one is.';
comment on column ops.watched.vendor_urls is 'Addresses looked at from outside with each look of the watch.';

create or replace view ops.uptime as
with looks as (
    select
        component,
        ok,
        tsrange(due.at, due.at + minutes * interval '1 minute') as span
    from ops.heartbeat
    cross join lateral date_bin(
        minutes * interval '1 minute', at at time zone 'UTC', timestamp '2000-01-01'
    ) as due (at)
),

-- Of two looks at one minute the better one counts, and no minute counts twice.
components as (
    select
        component,
        min(lower(span)) as begins,
        max(upper(span)) as ends,
        coalesce(range_agg(span) filter (where ok), '{}'::tsmultirange) as well
    from looks
    group by component
),

days as (
    select
        c.component,
        d.day,
        c.well,
        tsrange(greatest(c.begins, d.day), least(c.ends, d.day + interval '1 day')) as span
    from components as c
    cross join lateral generate_series(
        date_trunc('day', c.begins), c.ends - interval '1 minute', interval '1 day'
    ) as d (day)
),

final as (
    select
        component,
        day::date as day,
        (extract(epoch from upper(span) - lower(span)) / 60)::integer as minutes,
        coalesce((
            select sum(extract(epoch from upper(part) - lower(part)) / 60)
            from unnest(well * tsmultirange(span)) as part
        ), 0)::integer as minutes_ok
    from days
)

select
    component,
    day,
    minutes,
    minutes_ok,
    (minutes_ok::numeric / minutes)::numeric(18, 8) as share
from final;
comment on column ops.uptime.minutes is 'Minutes of the day from the component''s first look to the end of its last.';
comment on column ops.uptime.minutes_ok is 'Minutes of these that a good heartbeat stands for.';
