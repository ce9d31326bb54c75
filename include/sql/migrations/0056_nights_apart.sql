-- How far apart the nights of a subject are by its schedule: what has none, or runs once a week, is not late after three days.
alter table ops.watched add column days_apart integer;
comment on column ops.watched.days_apart is
    'Most days from one day with a run to the next, by its schedule; null: it runs on demand. The next look of the watch fills it in.';

-- Until then: what has a schedule counts as daily, as before.
update ops.watched
set days_apart = 1
where plan not like 'None %' and subject_kind = 'agreement';
