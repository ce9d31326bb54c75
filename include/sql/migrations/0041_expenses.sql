-- Expense claims and fees as they came in, every revision of them: what goes to accounting systems (ops.export_job) is made of these.

create table ops.expense (
    organisation text not null,
    expense_id text not null,
    revision integer not null check (revision > 0),
    sent_as integer not null,
    kind text not null check (kind in ('expense', 'honorarium')),
    status text not null check (status in ('draft', 'submitted', 'approved', 'rejected', 'cancelled')),
    approved_at timestamptz,
    employee text,
    supplier text,
    description text not null,
    date date not null,
    currency text not null,
    payload jsonb not null,
    payload_hash text not null,
    source text not null check (source in ('rest', 'file', 'sql')),
    received_by text not null,
    received_at timestamptz not null,
    primary key (organisation, expense_id, revision),
    check (sent_as >= revision),
    check ((employee is null) = (kind = 'honorarium') and (supplier is null) = (kind = 'expense')),
    check (status <> 'approved' or approved_at is not null)
);
comment on table ops.expense is
    'Expense claims and fees as they came in, one row a revision. Its content is never changed: what is changed is the next revision, and '
    'the highest is the one that holds.';
comment on column ops.expense.organisation is 'Whose it is: the name of a file of the exports'' configuration.';
comment on column ops.expense.expense_id is 'Its id where it comes from.';
comment on column ops.expense.revision is 'Counts what it was, from 1; whoever sends it may number it, then there may be gaps.';
comment on column ops.expense.sent_as is 'The highest number under which whoever sent it sent this very content.';
comment on column ops.expense.kind is 'expense (an employee''s) or honorarium (a fee).';
comment on column ops.expense.status is 'draft, submitted, approved, rejected or cancelled; only what is approved is exported.';
comment on column ops.expense.approved_at is 'When it was approved (UTC).';
comment on column ops.expense.employee is 'Whose expense it is: the employee''s number.';
comment on column ops.expense.supplier is 'Who gets the fee: the supplier''s number.';
comment on column ops.expense.description is 'What it was for.';
comment on column ops.expense.date is 'Its day.';
comment on column ops.expense.currency is 'Of its amounts: an ISO 4217 code.';
comment on column ops.expense.payload is
    'All of it, with its lines, in one way of writing; of receipts, their size and SHA-256 in place of the content.';
comment on column ops.expense.payload_hash is 'SHA-256 of the payload: whether the same one came again.';
comment on column ops.expense.source is 'How it came in: rest, file or sql.';
comment on column ops.expense.received_by is 'Who sent it: the name they are logged in with, or of the file.';
comment on column ops.expense.received_at is 'When it came in (UTC).';

create table ops.expense_line (
    organisation text not null,
    expense_id text not null,
    revision integer not null,
    line integer not null,
    category text not null,
    date date not null,
    text text not null,
    quantity numeric not null,
    rate numeric,
    amount numeric(19, 4) not null,
    vat_code text,
    vat_amount numeric(19, 4) not null,
    dimensions jsonb not null,
    primary key (organisation, expense_id, revision, line),
    foreign key (organisation, expense_id, revision) references ops.expense on delete cascade
);
comment on table ops.expense_line is 'Lines of expense claims and fees. They go with their ops.expense.';
comment on column ops.expense_line.organisation is 'Of its claim: ops.expense.';
comment on column ops.expense_line.expense_id is 'Of its claim: ops.expense.';
comment on column ops.expense_line.revision is 'Of its claim: ops.expense.';
comment on column ops.expense_line.line is 'Its number within the claim.';
comment on column ops.expense_line.category is 'What it was spent on; the organisation''s configuration says which account that is.';
comment on column ops.expense_line.date is 'Its day.';
comment on column ops.expense_line.text is 'What it was for.';
comment on column ops.expense_line.quantity is 'How many: kilometres, days; 1 where nothing is counted.';
comment on column ops.expense_line.rate is 'What one of them costs, of mileage and allowances; quantity times rate is the amount.';
comment on column ops.expense_line.amount is 'What is to be paid, VAT included, in the claim''s currency; below zero where it is deducted.';
comment on column ops.expense_line.vat_code is 'Its VAT code; the organisation''s configuration says which of the target that is.';
comment on column ops.expense_line.vat_amount is 'The VAT within amount, with its sign.';
comment on column ops.expense_line.dimensions is 'Dimension -> value: what it is booked on beside the account.';

create table ops.expense_receipt (
    organisation text not null,
    expense_id text not null,
    revision integer not null,
    line integer not null,
    receipt integer not null,
    name text not null,
    content_type text not null,
    sha256 text not null,
    content bytea not null check (octet_length(content) <= 10485760),
    primary key (organisation, expense_id, revision, line, receipt),
    foreign key (organisation, expense_id, revision, line) references ops.expense_line on delete cascade
);
-- PDFs and pictures are packed already.
alter table ops.expense_receipt alter column content set storage external;
comment on table ops.expense_receipt is 'Receipts of lines of expense claims, each at most 10 MiB. They go with their ops.expense.';
comment on column ops.expense_receipt.organisation is 'Of its claim: ops.expense.';
comment on column ops.expense_receipt.expense_id is 'Of its claim: ops.expense.';
comment on column ops.expense_receipt.revision is 'Of its claim: ops.expense.';
comment on column ops.expense_receipt.line is 'Its line: ops.expense_line.';
comment on column ops.expense_receipt.receipt is 'Its place among the line''s receipts, from 1.';
comment on column ops.expense_receipt.name is 'Its file''s name.';
comment on column ops.expense_receipt.content_type is 'What it is, such as application/pdf.';
comment on column ops.expense_receipt.sha256 is 'SHA-256 of its content.';
comment on column ops.expense_receipt.content is 'The file itself.';

comment on column ops.audit.action is
    'run started, deletes confirmed, document opened, purchases exported, export deleted, export file opened, '
    'export file stored, export file removed, expense received, personal data erased.';
