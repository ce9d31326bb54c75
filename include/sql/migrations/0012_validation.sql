-- What validation found, rule by rule, and which state of the tables it has seen.

create table ops.validation_result (
    validation_result_id bigint generated always as identity primary key,
    agreement_id text not null,
    run_id text not null,
    checked_at timestamptz not null,
    table_name text not null,
    expectation text not null,
    columns text[] not null,
    rule text not null,
    severity text not null check (severity in ('critical', 'warning')),
    ok boolean not null,
    unexpected_count bigint not null,
    examples jsonb not null,
    data_docs text
);
create index validation_result_by_agreement on ops.validation_result (agreement_id, checked_at desc);
comment on table ops.validation_result is
    'Expectations validated: one row per agreement, run, table and rule. Tables that did not change since they were last validated have none.';
comment on column ops.validation_result.expectation is 'The rule''s type in Great Expectations, or its file in include/sql/checks.';
comment on column ops.validation_result.rule is 'The rule in plain words.';
comment on column ops.validation_result.severity is 'critical fails the task, warning is told.';
comment on column ops.validation_result.unexpected_count is 'Rows that break the rule.';
comment on column ops.validation_result.examples is 'Keys and numbers of up to 20 of them.';
comment on column ops.validation_result.data_docs is
    'The run''s page under Saldo''s data docs: <agreement>/<run>. Only the newest are kept.';

create table ops.validated (
    agreement_id text not null,
    table_name text not null,
    state text not null,
    checked_at timestamptz not null,
    primary key (agreement_id, table_name)
);
comment on table ops.validated is
    'State in which a table was last found good (its rows, the rows it was compared with, and the rules). Tables in the same state are not validated again.';
