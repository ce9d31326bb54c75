-- Expenses that people keep in files, all versions of each.

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
