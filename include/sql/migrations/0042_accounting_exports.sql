-- Exports of expenses are sent: what was written down before each call, what people decided, and when a target is left in peace.

-- Another target is a folder of the program, and no migration.
alter table ops.export_job drop constraint export_job_target_check;
alter table ops.export_job
add column sequence_number bigint generated always as identity,
add column company text,
add column document_key text,
add column posting_date date,
add column total numeric(19, 4),
add column currency text,
add column may_be_there boolean not null default false,
add column is_complete boolean not null default false,
add column is_second_accepted boolean not null default false,
add column failures integer not null default 0,
add column override jsonb,
add column differences jsonb,
add column booked_by text,
add column sent_at timestamptz,
add column posted_at timestamptz;
create unique index export_job_by_number on ops.export_job (sequence_number);
create index export_job_page on ops.export_job (organisation, created_at desc, export_id desc);
create index export_job_open on ops.export_job (organisation, target, sequence_number)
    where status in ('pending', 'sending', 'failed', 'unknown', 'review');
create index export_job_unfinished on ops.export_job (organisation, target, sequence_number)
    where status = 'created' or not is_complete;
create index export_job_of_company on ops.export_job (company, status);
comment on column ops.export_job.target is 'The system it goes to: the name of a target, such as business_central or xledger.';
comment on column ops.export_job.payload is
    'What is sent: {document, body}, body being the JSON of the document as a text, to the byte. It is made when it is first sent, '
    'and made anew only while nothing of it is there; {} before that, and once personal data was erased.';
comment on column ops.export_job.payload_hash is 'SHA-256 of the expense it is made of (ops.expense.payload_hash).';
comment on column ops.export_job.idempotency_key is 'organisation/source_id/revision: of a revision there is one row, whichever target.';
comment on column ops.export_job.attempts is 'How often it was sent.';
comment on column ops.export_job.last_error is 'What is the matter with it, in words; NULL once nothing is.';
comment on column ops.export_job.sequence_number is 'Its number among all, for targets that need one (Xledger''s trRegNumber, lines of Business Central).';
comment on column ops.export_job.company is 'Of the target, by its ids, to which it was sent: it is looked for there.';
comment on column ops.export_job.document_key is 'The document''s number there, by which it is found again.';
comment on column ops.export_job.posting_date is 'The document''s date.';
comment on column ops.export_job.total is 'What is owed, VAT included, in currency.';
comment on column ops.export_job.currency is 'Of its amounts: an ISO 4217 code.';
comment on column ops.export_job.may_be_there is 'Whether something of it is at the target, or may be: false is certain.';
comment on column ops.export_job.is_complete is 'Whether its receipts are there, too.';
comment on column ops.export_job.is_second_accepted is
    'Whether a person said that it is to be booked although another document of the same expense is, or was.';
comment on column ops.export_job.failures is 'How often it failed since it last got on; too many, and a person must decide.';
comment on column ops.export_job.override is 'What a person wrote over the part mapping of the organisation''s file, for this one.';
comment on column ops.export_job.differences is
    'What is another than in the revision that was exported before: [{path, stored, sent}]; NULL where none was.';
comment on column ops.export_job.booked_by is 'Who booked it by hand; NULL: nobody did.';
comment on column ops.export_job.sent_at is 'When it was last begun to be sent.';
comment on column ops.export_job.posted_at is 'When it was seen in the ledger.';

create sequence ops.export_call_number as bigint;
alter table ops.export_attempt add column call_number bigint;
create index export_attempt_by_call on ops.export_attempt (call_number);
comment on table ops.export_attempt is
    'Calls to accounting systems about an export, a row for each export that a call is about. It is there before the call is made.';
comment on column ops.export_attempt.call_number is 'Rows with the same one are one call, about several exports.';
comment on column ops.export_attempt.request is
    'Method, path and body, without secrets and contents of files; documents: how many it is about. The first row of a call has its body.';

create table ops.export_breaker (
    company text primary key,
    state text not null check (state in ('closed', 'open', 'half-open')),
    failures integer not null,
    successes integer not null,
    opened_at timestamptz,
    last_error_family text,
    last_error text,
    changed_at timestamptz not null
);
comment on table ops.export_breaker is
    'Circuit breakers, one of each company that expenses go to: open, nothing is sent there for some minutes, then one call tries.';
comment on column ops.export_breaker.company is 'Of the target, by its ids: ops.export_job.company.';
comment on column ops.export_breaker.state is 'closed (calls are made), open (none is), half-open (one is, and decides).';
comment on column ops.export_breaker.failures is 'Calls that failed one after the other.';
comment on column ops.export_breaker.successes is 'Calls that went well since it was half-open.';
comment on column ops.export_breaker.opened_at is 'When it was last opened.';
comment on column ops.export_breaker.last_error_family is 'Error family of the last call that failed.';
comment on column ops.export_breaker.last_error is 'What it said.';
comment on column ops.export_breaker.changed_at is 'When something of this row last changed.';

comment on column ops.audit.action is
    'run started, deletes confirmed, document opened, purchases exported, export deleted, export file opened, '
    'export file stored, export file removed, expense received, accounting export asked for, accounting export cancelled, '
    'accounting export retried, accounting export booked by hand, accounting export edited, personal data erased.';
