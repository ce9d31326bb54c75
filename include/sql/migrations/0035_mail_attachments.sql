-- Files that go with mails.

create table ops.alert_mail_attachment (
    mail_id bigint not null references ops.alert_mail on delete cascade,
    place smallint not null,
    name text not null,
    content_type text not null,
    content bytea not null,
    written_at timestamptz not null,
    refused text,
    primary key (mail_id, place)
);
-- Workbooks are packed already.
alter table ops.alert_mail_attachment alter column content set storage external;
comment on table ops.alert_mail_attachment is
    'Files that go with mails, such as the copy of a workbook with its wrong cells marked. They are removed days after their mail is done.';
comment on column ops.alert_mail_attachment.mail_id is 'The mail it goes with.';
comment on column ops.alert_mail_attachment.place is 'Its place among the files of the mail, from 1.';
comment on column ops.alert_mail_attachment.name is 'The name under which people get it.';
comment on column ops.alert_mail_attachment.content_type is 'Kind of file, as a mail says it.';
comment on column ops.alert_mail_attachment.content is 'Its bytes.';
comment on column ops.alert_mail_attachment.written_at is 'When its mail was written (UTC).';
comment on column ops.alert_mail_attachment.refused is
    'What the mail server said when it would not take it; the mail goes without it since.';
