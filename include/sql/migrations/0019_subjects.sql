-- Subjects: what runs, fails and is told of is an agreement, a file or an export. agreement_id says, as before,
-- that a row is an agreement's own; it is NULL in the rows of any other subject.

create function ops.name_subject() returns trigger
language plpgsql
as $$
begin
    if new.subject_id is null and new.agreement_id is not null then
        new.subject_kind := 'agreement';
        new.subject_id := new.agreement_id;
    elsif new.agreement_id is null and new.subject_kind = 'agreement' then
        new.agreement_id := new.subject_id;
    end if;
    return new;
end
$$;
comment on function ops.name_subject() is
    'Fills subject_kind and subject_id from agreement_id, or the other way round: a writer names one of them.';

-- The keys that named an agreement name a subject.
alter table ops.watermark drop constraint watermark_pkey;
alter table ops.drift drop constraint drift_pkey;
alter table ops.watched drop constraint watched_pkey;
drop index ops.alert_open;
drop index ops.sync_run_not_well;
drop index ops.sync_run_reports;

do $$
declare
    name text;
begin
    foreach name in array array['sync_run', 'watermark', 'drift', 'alert', 'watched', 'audit'] loop
        execute format(
            'alter table ops.%1$I '
            'add column subject_kind text check (subject_kind in (''agreement'', ''file'', ''export'')), '
            'add column subject_id text, '
            'alter column agreement_id drop not null',
            name
        );
        execute format(
            'update ops.%1$I set subject_kind = ''agreement'', subject_id = agreement_id '
            'where agreement_id is not null',
            name
        );
        execute format(
            'alter table ops.%1$I add constraint %2$I check ('
            '(subject_kind is null) = (subject_id is null) and agreement_id '
            'is not distinct from case when subject_kind = ''agreement'' then subject_id end)',
            name, name || '_subject_check'
        );
        execute format(
            'create trigger name_subject before insert on ops.%1$I '
            'for each row execute function ops.name_subject()',
            name
        );
        -- An act may concern no subject; everything else is of one.
        if name <> 'audit' then
            execute format(
                'alter table ops.%1$I alter column subject_kind set not null, '
                'alter column subject_id set not null',
                name
            );
        end if;
        execute format(
            'comment on column ops.%1$I.agreement_id is %2$L',
            name, 'The agreement''s id, as in its file; NULL where the subject is none.'
        );
        execute format(
            'comment on column ops.%1$I.subject_kind is %2$L',
            name, 'What it is about: agreement, file or export'
                || case when name = 'audit' then '; NULL where it concerns none.' else '.' end
        );
        execute format(
            'comment on column ops.%1$I.subject_id is %2$L',
            name, 'The subject''s id, as in its file; unique among those of its kind.'
        );
    end loop;
end
$$;

alter table ops.watermark
    add primary key (subject_kind, subject_id, entity),
    add constraint watermark_of_agreement unique (agreement_id, entity);
alter table ops.drift add primary key (subject_kind, subject_id, entity, field);
alter table ops.watched add primary key (subject_kind, subject_id);
create unique index alert_open on ops.alert (subject_kind, subject_id, kind, task) where closed_at is null;
create index sync_run_by_subject on ops.sync_run (subject_kind, subject_id, entity, started_at desc);
create index sync_run_not_well on ops.sync_run (subject_kind, subject_id, entity)
    where status in ('failed', 'running');
create index sync_run_reports on ops.sync_run (subject_kind, subject_id, sync_run_id)
    where entity = 'report';

comment on table ops.sync_run is
    'One row per subject, entity (or task), run and try. A row that stays on running was killed.';
comment on column ops.sync_run.entity is
    'Entity, as in the names of tasks and staging tables; or the task, where it lands none.';
comment on table ops.alert is
    'What keeps failing or is late, one open row per subject and task. closed_at: when it was well again.';
comment on column ops.alert.family is 'Error family: subjects of one system with the same one share a mail.';
comment on column ops.alert.vendor is 'The accounting system, or what else the subject reads or writes.';
comment on table ops.watched is
    'Subjects the watch knows: since when with this schedule and deadline, and where their system is.';
comment on column ops.audit.action is
    'run started, deletes confirmed, document opened, personal data erased.';
