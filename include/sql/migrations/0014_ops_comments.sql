-- What the columns of ops mean. Names that mean the same everywhere are said once and put where they occur.

comment on table ops.audit is 'Who did what: runs started by people, confirmed deletes, documents opened.';
comment on column ops.audit.actor is 'Who: the name the person is logged in with.';
comment on column ops.audit.action is 'What was done.';
comment on column ops.audit.detail is 'With what.';
comment on table ops.migration is 'Migrations that were applied; an applied file is never edited.';
comment on column ops.migration.checksum is 'Of the file as it was applied.';
comment on table ops.migration_head is 'The migration the warehouse stands at.';

comment on column ops.alert.kind is 'failure: a task keeps failing. late: a night has not finished by its time.';
comment on column ops.alert.task is 'The task, or the entity it lands.';
comment on column ops.alert.failures is 'Consecutive runs that failed.';
comment on column ops.alert.closed_at is 'When it was well again; NULL while it is open.';
comment on column ops.alert.news_at is 'When there was something to tell.';
comment on column ops.alert.dag_id is 'Of the latest failing run: for the link to its log.';
comment on column ops.alert_mail.message_id is 'The mail''s Message-ID: the same however often it is sent.';
comment on column ops.alert_mail.alert_ids is 'The alerts it tells of.';
comment on column ops.alert_mail.delivered is 'Recipients whose server has taken it.';
comment on column ops.alert_mail.next_attempt_at is 'When it is tried again while the mail server is away.';
comment on column ops.alert_mail.done_at is 'When every recipient had it or was refused for good.';
comment on column ops.alert_mail.last_error is 'What the mail server, or the way to it, said last.';

comment on column ops.drift.field is 'The field''s name, as the vendor writes it.';
comment on column ops.drift.records is 'Records that had it in the run that first saw it.';
comment on column ops.heartbeat.component is 'scheduler, api-server, triggerer, dag-processor, warehouse, or vendor and host.';
comment on column ops.heartbeat.ok is 'Whether it was well.';
comment on column ops.heartbeat.detail is 'How long it took to answer, or what was wrong.';
comment on column ops.uptime.day is 'UTC.';
comment on column ops.uptime.minutes is 'Minutes of the day from the component''s first heartbeat to its last.';
comment on column ops.uptime.minutes_ok is 'Minutes of these with a good heartbeat.';
comment on column ops.uptime.share is 'minutes_ok / minutes.';
comment on column ops.progress.consumer is 'Who follows: staging (its own last change), core, mart, or another.';
comment on column ops.progress.source is 'What is followed: an entity, or a table of core.';
comment on column ops.progress.change_seq is 'How far, by change sequence.';
comment on column ops.proof.account_number is 'The account compared, where it is one.';
comment on column ops.proof.vendor_value is 'The vendor''s own total. Debit positive, base currency.';
comment on column ops.proof.ok is 'Whether both agree.';
comment on column ops.validated.state is 'A digest; it means nothing but the same or another.';
comment on column ops.validation_result.columns is 'The columns the rule is about.';
comment on column ops.watched.plan is 'Schedule and deadline as they were read; another one begins anew.';
comment on column ops.watched.since is 'Nights that were due before are not late.';
comment on column ops.watched.vendor_urls is 'Addresses looked at from outside, once a minute.';
comment on column ops.watermark.cursor is 'marker: how far; full_at: when all of it was last read; log, followed: how far silent changes were.';

comment on column ops.sync_run.mode is 'What the run was started for: auto, full or window.';
comment on column ops.sync_run.status is 'running, success, failed or skipped (nothing to do; see note).';
comment on column ops.sync_run.requests is 'Requests to the vendor, repeated ones included.';
comment on column ops.sync_run.retries is 'Requests that were repeated.';
comment on column ops.sync_run.throttled is 'Answers that asked to wait.';
comment on column ops.sync_run.bytes_in is 'Bytes received, as they came over the wire.';
comment on column ops.sync_run.rows_read is 'Records received.';
comment on column ops.sync_run.rows_unchanged is 'Records that were as they are here.';
comment on column ops.sync_run.rows_deleted is 'Records that are gone at the vendor.';
comment on column ops.sync_run.error_family is 'Kind of the error: it decides whether the task is tried again.';
comment on column ops.sync_run.error_message is 'What happened, where, and what to do.';
comment on column ops.sync_run.note is 'What there was to say without an error.';

do $$
declare
    meaning constant jsonb := jsonb_build_object(
        'agreement_id', 'The agreement''s id, as in its file.',
        'run_id', 'The run of the DAG.',
        'dag_id', 'The DAG.',
        'entity', 'Entity, as in the names of tasks and staging tables.',
        'vendor', 'The accounting system.',
        'try_number', 'Which try of the task, from 1.',
        'table_name', 'Table of mart.',
        'at', 'When (UTC).',
        'applied_at', 'When (UTC).',
        'checked_at', 'When it was compared (UTC).',
        'started_at', 'When it began (UTC).',
        'finished_at', 'When it ended; NULL while it runs, or when it was killed.',
        'first_seen_at', 'When it was first seen (UTC).',
        'opened_at', 'When it was first noticed (UTC).',
        'updated_at', 'When it last moved (UTC).',
        'written_at', 'When it was written (UTC).',
        'since', 'From when on (UTC).',
        'urls_read_at', 'When the addresses were last looked up (UTC).',
        'component', 'What is watched.',
        'ok', 'Whether it was well.',
        'attempts', 'How often it was tried.',
        'recipients', 'Mail addresses.',
        'subject', 'Subject of the mail.',
        'body_text', 'The mail as plain text.',
        'body_html', 'The mail as HTML.',
        'file', 'Name of the file.',
        'version', 'Number of the migration.',
        'version_num', 'Number of the migration.',
        'pages', 'Pages of records received.',
        'rows_inserted', 'Rows that are new.',
        'rows_updated', 'Rows that changed.'
    );
    silent record;
begin
    for silent in
        select
            c.oid::regclass as relation,
            a.attname as name,
            coalesce(meaning ->> a.attname, 'Number of the row.') as text
        from pg_class as c
        inner join pg_attribute as a
            on a.attrelid = c.oid
            and a.attnum > 0
            and not a.attisdropped
        where c.relnamespace = 'ops'::regnamespace
            and c.relkind in ('r', 'v')
            and col_description(c.oid, a.attnum) is null
            and (meaning ? a.attname or a.attidentity <> '')
    loop
        execute format(
            'comment on column %s.%I is %L', silent.relation, silent.name, silent.text
        );
    end loop;
end
$$;
