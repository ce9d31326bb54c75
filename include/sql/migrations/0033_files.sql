-- Files of people: what was read of whom, budgets and the mapping of accounts in it, and budget against actual.

create sequence ops.file_number as bigint;
create table ops.file (
    file_id bigint not null,
    version integer not null,
    config_id text not null,
    source_id text not null,
    path text not null,
    name text not null,
    etag text,
    content text,
    bytes bigint,
    modified_by text,
    modified_at timestamptz,
    read_at timestamptz not null,
    status text not null check (status in ('accepted', 'rejected', 'unchanged', 'gone')),
    is_in_force boolean not null default false,
    is_kept boolean not null default false,
    sign text check (sign in ('natural', 'ledger')),
    rows bigint,
    problems jsonb,
    more_problems integer not null default 0,
    judged_seq bigint,
    note text,
    run_id text not null,
    primary key (file_id, version),
    check (not is_in_force or status = 'accepted')
);
create index file_by_configuration on ops.file (config_id, source_id, version desc);
create unique index file_in_force on ops.file (file_id) where is_in_force;
comment on table ops.file is
    'Files of people, one row each time one was read or found gone.';
comment on column ops.file.file_id is 'The file: stays when it is renamed in SharePoint, and when it comes back.';
comment on column ops.file.version is 'Counts the times it was looked at: 1, 2, ...';
comment on column ops.file.config_id is 'Id of the file configuration.';
comment on column ops.file.source_id is 'What its place knows it by: an id of SharePoint; in folders its name.';
comment on column ops.file.path is 'Where it lies, for people.';
comment on column ops.file.name is 'Its name.';
comment on column ops.file.etag is 'What its place calls this state of it.';
comment on column ops.file.content is 'A hash of its content, or what stands for one in its place.';
comment on column ops.file.bytes is 'Its size.';
comment on column ops.file.modified_by is 'Who saved it last, where its place says so.';
comment on column ops.file.modified_at is 'When it was saved last, where its place says so.';
comment on column ops.file.read_at is 'When it was read, or found gone.';
comment on column ops.file.status is
    'accepted, rejected (what was in force before stays so), unchanged (says the same as what is in force), or gone.';
comment on column ops.file.is_in_force is 'Whether this version is the one that counts, as long as no newer file replaces it: note says so.';
comment on column ops.file.is_kept is
    'It counts on although nobody looks at its place any more: the configuration names another one now.';
comment on column ops.file.sign is 'What the sign of its amounts means: core.budget.';
comment on column ops.file.rows is 'Rows in it: amounts of a month, or rules of a mapping.';
comment on column ops.file.problems is 'What was wrong: [{sheet, cell, found, expected, remedy}].';
comment on column ops.file.more_problems is 'How many more there were than are listed.';
comment on column ops.file.judged_seq is
    'How far core had changed when it was refused for something that core says: it is judged again when that changes.';
comment on column ops.file.note is 'What people may want to know, such as which file replaced it.';
comment on column ops.file.run_id is 'The run that looked.';

create table staging.file_budget (
    config_id text not null,
    file_id bigint not null,
    version integer not null,
    sheet text not null,
    cell text not null,
    row_number integer not null,
    agreement_id text not null,
    scenario text not null,
    account_number text not null,
    account_name text,
    department text not null,
    month date not null,
    amount numeric(19, 4) not null,
    currency text
);
create index on staging.file_budget (file_id, version);
create index on staging.file_budget (agreement_id, scenario);
comment on table staging.file_budget is
    'Budgets as people wrote them, one row per amount of a month, all versions that were accepted.';
comment on column staging.file_budget.amount is 'As written, times amounts_in; what its sign means is in core.budget.';

create table staging.file_account_mapping (
    config_id text not null,
    file_id bigint not null,
    version integer not null,
    sheet text not null,
    cell text not null,
    agreement_id text not null,
    low text not null,
    high text not null,
    group_account_number text not null,
    group_account_name text,
    report_line text
);
create index on staging.file_account_mapping (file_id, version);
create index on staging.file_account_mapping (agreement_id);
comment on table staging.file_account_mapping is
    'Rules that lead accounts to the group''s, as people wrote them, all versions that were accepted.';

create function ops.forget_file() returns trigger
language plpgsql
as $$
begin
    delete from staging.file_budget as s where s.file_id = old.file_id and s.version = old.version;
    delete from staging.file_account_mapping as s where s.file_id = old.file_id and s.version = old.version;
    return null;
end
$$;
comment on function ops.forget_file() is 'The rows of a version go with it.';
create trigger forget_file after delete on ops.file
for each row execute function ops.forget_file();

-- On which side an account's own amounts are: people write both sides without a sign.
alter table core.account add column is_credit boolean;
alter table mart.dim_account
    add column is_credit boolean,
    add column is_budget_only boolean not null default false;
alter table mart.dim_department add column is_budget_only boolean not null default false;
comment on column mart.dim_account.is_credit is
    'Whether amounts of its own kind are credits (income, liabilities, equity); NULL where the vendor does not say.';
comment on column mart.dim_account.is_budget_only is 'Only a budget knows it; the ledger does not.';
comment on column mart.dim_department.is_budget_only is 'Only a budget knows it; the ledger does not.';
comment on column mart.dim_account.group_account_number is
    'Account of the group''s chart; -2 where the agreement has a mapping that leaves it out, NULL where it has none.';
comment on column mart.dim_account.group_account_name is 'Name of the group''s account; Unmapped where it is -2.';

do $$
begin
    if to_regclass('staging.economic_accounts') is not null then
        execute
            'update core.account as a set is_credit = s.payload ->> ''debitCredit'' = ''credit'' '
            'from staging.economic_accounts as s '
            'where a.agreement_id = s.agreement_id and a.account_number = s.payload ->> ''accountNumber''';
    end if;
end
$$;
update mart.dim_account as d set is_credit = a.is_credit
from core.account as a
inner join mart.dim_agreement as g on g.agreement_id = a.agreement_id
where d.agreement_key = g.agreement_key
    and d.account_number = a.account_number
    and a.is_credit is not null;

create table core.budget (
    agreement_id text not null,
    scenario text not null,
    account_number text not null,
    department text not null,
    month date not null,
    amount numeric(19, 4) not null,
    sign text not null,
    account_name text,
    config_id text not null,
    file_id bigint not null,
    version integer not null,
    source_file text not null,
    sheet text not null,
    cell text not null,
    row_number integer not null,
    is_deleted boolean not null default false,
    change_seq bigint not null,
    -- The month last: files have the months of an account side by side, and so are its rows in the index.
    primary key (agreement_id, scenario, department, account_number, month)
);
create index on core.budget (agreement_id, change_seq);
comment on table core.budget is
    'Budgets in force, as people wrote them. Of files of one scenario and month that share a department, the newest counts.';
comment on column core.budget.sign is
    'natural: an account is positive on its own side. ledger: debit is positive.';
comment on column core.budget.department is 'Its number or code; as people wrote it, where the ledger knows none; empty where there is none.';

create table core.account_mapping (
    agreement_id text not null,
    low text not null,
    high text not null,
    group_account_number text not null,
    group_account_name text,
    report_line text,
    config_id text not null,
    file_id bigint not null,
    version integer not null,
    sheet text not null,
    cell text not null,
    is_deleted boolean not null default false,
    change_seq bigint not null,
    primary key (agreement_id, low, high)
);
create index on core.account_mapping (agreement_id, change_seq);
comment on table core.account_mapping is
    'Rules in force that lead accounts to the group''s: a single account before a range, a narrow range before a wide one, '
    'all accounts (low and high empty) last.';

create view core.known_department as
select
    d.agreement_id,
    d.department_number,
    d.department_number as code,
    d.name,
    d.is_deleted
from core.department as d
where not d.is_distribution
union all
select
    m.agreement_id,
    m.member_number as department_number,
    coalesce(m.code, m.member_number) as code,
    m.name,
    m.is_deleted
from core.dimension_slot as t
inner join core.dimension_member as m
    on m.agreement_id = t.agreement_id
    and m.kind_number = t.kind_number
where t.dimension_number = 1
    and not t.is_deleted;
comment on view core.known_department is
    'Departments by the number, code or name that people write: department_number is the one the vendor knows them by.';

create table mart.fact_budget (
    agreement_key bigint not null,
    agreement_id text not null,
    scenario text not null,
    account_key bigint not null,
    account_number text not null,
    account_name text,
    department_key bigint not null,
    department_number text,
    department_name text,
    month date not null,
    date_key integer not null,
    base_currency text not null,
    amount_base numeric(19, 4) not null,
    is_unknown boolean not null,
    version integer not null,
    config_id text not null,
    source_file text not null,
    source_sheet text,
    source_cell text not null,
    source_row integer not null,
    primary key (agreement_key, scenario, month, account_key, department_key)
);
create index on mart.fact_budget (account_key);
comment on table mart.fact_budget is
    'Budgets in force, one row per scenario, month, account and department. Choose one scenario before adding up.';
comment on column mart.fact_budget.agreement_key is 'Key of dim_agreement.';
comment on column mart.fact_budget.agreement_id is 'The agreement''s id, as in its file.';
comment on column mart.fact_budget.scenario is 'Which budget: as the configuration, the column or the sheet says.';
comment on column mart.fact_budget.account_key is 'Key of dim_account.';
comment on column mart.fact_budget.account_number is 'Number of the account.';
comment on column mart.fact_budget.account_name is 'Name of the account in the ledger; in the file, where the ledger does not know it.';
comment on column mart.fact_budget.department_key is 'Key of dim_department; -3 where the budget has none.';
comment on column mart.fact_budget.department_number is 'Number of the department.';
comment on column mart.fact_budget.department_name is 'Name of the department.';
comment on column mart.fact_budget.month is 'First day of the month.';
comment on column mart.fact_budget.date_key is 'The same day in dim_date.';
comment on column mart.fact_budget.base_currency is 'Currency of the agreement''s books, which the budget is in.';
comment on column mart.fact_budget.amount_base is 'Debit positive, as in the ledger: budgeted income is negative.';
comment on column mart.fact_budget.is_unknown is 'The ledger does not know the account or the department; the configuration accepts that.';
comment on column mart.fact_budget.version is 'Version of the file: ops.file.';
comment on column mart.fact_budget.config_id is 'Id of the file configuration.';
comment on column mart.fact_budget.source_file is 'Name of the file.';
comment on column mart.fact_budget.source_sheet is 'Sheet of the workbook; NULL in a CSV file.';
comment on column mart.fact_budget.source_cell is 'Where the amount stands: D7; line 17, column 3.';
comment on column mart.fact_budget.source_row is 'Row of the sheet, or line of the file.';

create view mart.fact_budget_vs_actual as
with covered as (
    select
        b.agreement_key,
        b.scenario,
        b.month
    from mart.fact_budget as b
    group by
        b.agreement_key,
        b.scenario,
        b.month
),

both_sides as (
    select
        b.agreement_key,
        b.scenario,
        b.month,
        b.account_key,
        b.department_key,
        0::numeric(19, 4) as actual_base,
        b.amount_base as budget_base
    from mart.fact_budget as b
    union all
    select
        c.agreement_key,
        c.scenario,
        c.month,
        a.account_key,
        a.department_key,
        a.movement_base as actual_base,
        0::numeric(19, 4) as budget_base
    from covered as c
    inner join mart.fact_account_balance_month as a
        on a.agreement_key = c.agreement_key
        and a.month = c.month
    where a.movement_base <> 0
)

select
    s.agreement_key,
    g.agreement_id,
    s.account_key,
    k.account_number,
    k.name as account_name,
    k.is_balance_sheet,
    s.department_key,
    case when s.department_key > 0 then d.department_number end as department_number,
    case when s.department_key > 0 then d.name end as department_name,
    s.month,
    mart.date_key(s.month) as date_key,
    s.scenario,
    g.base_currency,
    sum(s.actual_base)::numeric(19, 4) as actual_base,
    sum(s.budget_base)::numeric(19, 4) as budget_base,
    sum(s.actual_base - s.budget_base)::numeric(19, 4) as variance_base
from both_sides as s
inner join mart.dim_agreement as g on g.agreement_key = s.agreement_key
left join mart.dim_account as k on k.account_key = s.account_key
left join mart.dim_department as d on d.department_key = s.department_key
group by
    s.agreement_key,
    g.agreement_id,
    s.account_key,
    k.account_number,
    k.name,
    k.is_balance_sheet,
    s.department_key,
    d.department_number,
    d.name,
    s.month,
    s.scenario,
    g.base_currency;
comment on view mart.fact_budget_vs_actual is
    'Budget beside what was posted, per scenario, month, account and department, in the months that the scenario has a '
    'budget for. Choose one scenario before adding up.';
comment on column mart.fact_budget_vs_actual.agreement_key is 'Key of dim_agreement.';
comment on column mart.fact_budget_vs_actual.agreement_id is 'The agreement''s id, as in its file.';
comment on column mart.fact_budget_vs_actual.account_key is 'Key of dim_account.';
comment on column mart.fact_budget_vs_actual.account_number is 'Number of the account.';
comment on column mart.fact_budget_vs_actual.account_name is 'Name of the account.';
comment on column mart.fact_budget_vs_actual.is_balance_sheet is 'False for accounts of profit and loss.';
comment on column mart.fact_budget_vs_actual.department_key is 'Key of dim_department; -3 where there is none.';
comment on column mart.fact_budget_vs_actual.department_number is 'Number of the department.';
comment on column mart.fact_budget_vs_actual.department_name is 'Name of the department.';
comment on column mart.fact_budget_vs_actual.month is 'First day of the month.';
comment on column mart.fact_budget_vs_actual.date_key is 'The same day in dim_date.';
comment on column mart.fact_budget_vs_actual.scenario is 'Which budget.';
comment on column mart.fact_budget_vs_actual.base_currency is 'Currency of the agreement''s books.';
comment on column mart.fact_budget_vs_actual.actual_base is 'Posted in the month, without openings; debit positive.';
comment on column mart.fact_budget_vs_actual.budget_base is 'Budgeted for the month; debit positive.';
comment on column mart.fact_budget_vs_actual.variance_base is 'actual_base - budget_base.';

grant select on mart.fact_budget, mart.fact_budget_vs_actual to powerbi;
