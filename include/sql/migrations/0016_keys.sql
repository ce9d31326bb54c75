-- Keys that expire: until when the key of an agreement's connection lasts, and alerts about it.

alter table ops.alert
    drop constraint alert_kind_check,
    add constraint alert_kind_check check (kind in ('failure', 'late', 'expiry'));
comment on column ops.alert.kind is
    'failure: a task keeps failing. late: a night has not finished by its time. expiry: a key is about to expire, or has.';
comment on column ops.alert.task is
    'The task, or the entity it lands; for a key that expires the id of its connection.';
comment on column ops.alert.since is
    'Start of the first failing run; when the night was due to start, for one that is late; the last day of a key that expires.';

alter table ops.watched
    add column connection_id text,
    add column expires_on date,
    add column key_read_at timestamptz;
comment on column ops.watched.connection_id is 'The connection whose date this is.';
comment on column ops.watched.expires_on is
    'The last day the key of the connection works, as its extra says; NULL where it does not say.';
comment on column ops.watched.key_read_at is 'When the connection was last asked for that date.';
