-- Alerts: what is wrong and who has been told, the mails themselves, the agreements watched, uptime per day.

alter table ops.alert
    add column kind text not null default 'failure' check (kind in ('failure', 'late')),
    add column vendor text,
    add column family text,
    add column cause text,
    add column since timestamptz,
    add column last_try_id bigint,
    add column dag_id text,
    add column run_id text,
    add column try_number integer,
    add column news text check (news in ('failed', 'changed', 'reminder', 'recovered')),
    add column news_at timestamptz,
    add column told_at timestamptz,
    add column told_cause text;
create unique index alert_open on ops.alert (agreement_id, kind, task) where closed_at is null;
create index alert_news on ops.alert (alert_id) where news is not null;
comment on table ops.alert is
    'What keeps failing or is late, one open row per agreement and task. closed_at: when it was well again.';
comment on column ops.alert.reason is 'The error of the latest failing run, in words.';
comment on column ops.alert.family is 'Error family: agreements of one vendor with the same one share a mail.';
comment on column ops.alert.cause is 'The reason without numbers and names that differ from run to run.';
comment on column ops.alert.since is
    'Start of the first failing run; when the night was due to start, for one that is late.';
comment on column ops.alert.last_try_id is 'The failing row of ops.sync_run seen last.';
comment on column ops.alert.news is 'What people are still to be told; it waits for others of the same cause.';
comment on column ops.alert.told_at is 'When a mail about it was last written (or nobody was there to write to).';
comment on column ops.alert.told_cause is 'The cause people know of.';
comment on column ops.alert.sent_at is 'When a mail about it last reached somebody''s mail server.';

create table ops.alert_mail (
    mail_id bigint generated always as identity primary key,
    message_id text not null unique,
    alert_ids bigint[] not null,
    recipients text[] not null,
    subject text not null,
    body_text text not null,
    body_html text not null,
    written_at timestamptz not null,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null,
    delivered text[] not null default '{}',
    refused jsonb not null default '{}',
    done_at timestamptz,
    last_error text
);
create index alert_mail_waiting on ops.alert_mail (next_attempt_at) where done_at is null;
comment on table ops.alert_mail is
    'Mails about alerts: written with the alert in one transaction, then sent until every recipient has it or is refused for good.';
comment on column ops.alert_mail.refused is 'Recipient -> what the mail server said. They are not tried again.';

create table ops.watched (
    agreement_id text primary key,
    plan text not null,
    since timestamptz not null,
    vendor_urls text[] not null default '{}',
    urls_read_at timestamptz
);
comment on table ops.watched is
    'Agreements the watch knows: since when with this schedule and deadline, and where their vendor is.';

-- What fails is rare among what runs: the watch looks at nothing else, once a minute.
create index sync_run_not_well on ops.sync_run (agreement_id, entity)
    where status in ('failed', 'running');
create index sync_run_reports on ops.sync_run (agreement_id, sync_run_id)
    where entity = 'report';

comment on table ops.heartbeat is
    'Once a minute and component: whether it was well. A minute without rows is one in which nothing ran.';
create index heartbeat_by_time on ops.heartbeat (at);

create view ops.uptime as
with minutes as (
    select
        component,
        date_trunc('minute', at at time zone 'UTC') as minute,
        bool_or(ok) as ok
    from ops.heartbeat
    group by component, date_trunc('minute', at at time zone 'UTC')
),

spans as (
    select
        component,
        min(minute) as first_minute,
        max(minute) as last_minute
    from minutes
    group by component
),

days as (
    select
        s.component,
        d.day,
        greatest(s.first_minute, d.day) as begins,
        least(s.last_minute, d.day + interval '1439 minutes') as ends
    from spans as s
    cross join lateral generate_series(
        date_trunc('day', s.first_minute), date_trunc('day', s.last_minute), interval '1 day'
    ) as d (day)
),

final as (
    select
        d.component,
        d.day::date as day,
        (extract(epoch from d.ends - d.begins) / 60)::integer + 1 as minutes,
        count(m.minute) filter (where m.ok)::integer as minutes_ok
    from days as d
    left join minutes as m
        on m.component = d.component
        and m.minute between d.begins and d.ends
    group by d.component, d.day, d.begins, d.ends
)

select
    component,
    day,
    minutes,
    minutes_ok,
    (minutes_ok::numeric / minutes)::numeric(18, 8) as share
from final;
comment on view ops.uptime is
    'Share of minutes with a good heartbeat, per component and UTC day, from its first heartbeat to its last.';
