-- Expenses by other ways than REST: in files of people, all versions of each, and put into a table by whoever may write there.

create table staging.file_expense (
    config_id text not null,
    file_id bigint not null,
    version integer not null,
    sheet text not null,
    cell text not null,
    row bigint not null,
    organisation text not null,
    expense_id text not null,
    said jsonb not null,
    wrong jsonb not null
);
create index on staging.file_expense (file_id, version);
comment on table staging.file_expense is
    'Lines of expenses as people wrote them; what became of them is in ops.expense.';
comment on column staging.file_expense.cell is 'Of the expense''s id.';
comment on column staging.file_expense.row is 'Number of the line in its sheet.';
comment on column staging.file_expense.organisation is 'Whose it is, of the line or of the configuration; empty where neither says so.';
comment on column staging.file_expense.expense_id is 'The expense''s id; empty where there is none.';
comment on column staging.file_expense.said is 'Column -> what its cell says.';
comment on column staging.file_expense.wrong is 'Columns whose cells cannot be read; of a file that is accepted, none.';

create or replace function ops.forget_file() returns trigger
language plpgsql
as $$
begin
    delete from staging.file_budget as s where s.file_id = old.file_id and s.version = old.version;
    delete from staging.file_account_mapping as s where s.file_id = old.file_id and s.version = old.version;
    delete from staging.file_exchange_rate as s where s.file_id = old.file_id and s.version = old.version;
    delete from staging.file_expense as s where s.file_id = old.file_id and s.version = old.version;
    return null;
end
$$;

create table ops.expense_inbox (
    inbox_id bigint generated always as identity primary key,
    payload jsonb not null,
    organisation text not null generated always as (payload ->> 'organisation') stored,
    inserted_by text not null default session_user,
    inserted_at timestamptz not null default clock_timestamp(),
    status text not null default 'waiting' check (status in ('waiting', 'taken', 'refused')),
    problems jsonb,
    expense_id text,
    revision integer,
    decided_at timestamptz,
    constraint expense_inbox_payload_is_an_expense check (
        jsonb_typeof(payload) = 'object' and coalesce(jsonb_typeof(payload -> 'organisation') = 'string', false)
    ),
    constraint expense_inbox_payload_is_at_most_21_mb check (octet_length(payload::text) <= 22020096),
    check ((status = 'waiting') = (decided_at is null))
);
create index expense_inbox_waiting on ops.expense_inbox (organisation, inbox_id) where status = 'waiting';
comment on table ops.expense_inbox is
    'Expenses that a system puts here by SQL; each is taken into ops.expense, or refused with its problems, by the next run of its '
    'organisation''s export. Whoever inserts has payload to fill in, and needs no other column.';
comment on column ops.expense_inbox.inbox_id is 'Its key; grows. The lower is taken first.';
comment on column ops.expense_inbox.payload is 'The expense as JSON, as it would be sent by REST.';
comment on column ops.expense_inbox.organisation is 'Whose it is: of the payload.';
comment on column ops.expense_inbox.inserted_by is 'The role that was logged in.';
comment on column ops.expense_inbox.inserted_at is 'When it was put here.';
comment on column ops.expense_inbox.status is
    'waiting; taken (it is stored, or the same was stored already); refused (nothing was stored: put it here again, corrected).';
comment on column ops.expense_inbox.problems is 'What is wrong with one that is refused: [{path, found, expected, remedy}]; else NULL.';
comment on column ops.expense_inbox.expense_id is 'Of one that is taken: ops.expense.';
comment on column ops.expense_inbox.revision is 'Of one that is taken: ops.expense.';
comment on column ops.expense_inbox.decided_at is 'When it was taken or refused.';
