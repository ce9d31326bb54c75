-- Dimensions that a company sets up itself, beside departments and projects.

create table mart.dim_dimension_member (
    dimension_member_key bigint primary key,
    agreement_key bigint not null,
    dimension_number integer not null,
    dimension_name text,
    dimension_member_number text not null,
    name text,
    start_date date,
    end_date date,
    is_deleted boolean not null
);
create index on mart.dim_dimension_member (agreement_key);
insert into mart.dim_dimension_member (
    dimension_member_key, agreement_key, dimension_number, dimension_member_number, name, is_deleted
) values
    (-1, -1, 0, '(unknown)', 'Unknown', false),
    (-2, -1, 0, '(unmapped)', 'Unmapped', false),
    (-3, -1, 0, '(none)', 'Not applicable', false);

create table mart.bridge_entry_dimension (
    journal_entry_key bigint not null,
    dimension_number integer not null,
    agreement_key bigint not null,
    agreement_id text not null,
    entry_number text not null,
    date date not null,
    dimension_member_key bigint not null,
    primary key (journal_entry_key, dimension_number)
);
create index on mart.bridge_entry_dimension (agreement_id, entry_number);
create index on mart.bridge_entry_dimension (agreement_id, date);
create index on mart.bridge_entry_dimension (agreement_key, dimension_member_key);

-- The next run of every such agreement looks at everything once, for the tables that are new.
delete from ops.progress
where consumer = 'mart'
    and agreement_id in (
        select t.agreement_id
        from core.dimension_slot as t
    );
delete from ops.progress
where consumer = 'core'
    and source = 'entities'
    and agreement_id in (
        select t.agreement_id
        from core.dimension_slot as t
    );

comment on table mart.dim_dimension_member is
    'One member of a dimension that the company set up itself: a cost object, a vehicle, a grant. Departments and projects have dimensions of their own.';
comment on column mart.dim_dimension_member.dimension_member_key is 'Surrogate key; -1 unknown, -2 unmapped, -3 not applicable.';
comment on column mart.dim_dimension_member.agreement_key is 'Whose dimension: dim_agreement.';
comment on column mart.dim_dimension_member.dimension_number is 'Which of the numbered dimensions of the vendor''s ledger.';
comment on column mart.dim_dimension_member.dimension_name is 'What the company calls it.';
comment on column mart.dim_dimension_member.dimension_member_number is 'The member''s code; where it has none, what the vendor knows it by.';
comment on column mart.dim_dimension_member.name is 'NULL: only the number is known.';
comment on column mart.dim_dimension_member.start_date is 'Its first day.';
comment on column mart.dim_dimension_member.end_date is 'Its last day.';
comment on column mart.dim_dimension_member.is_deleted is 'Gone at the vendor.';
comment on table mart.bridge_entry_dimension is
    'What a posted line has in a dimension that the company set up itself; no row where it has nothing in it.';
comment on column mart.bridge_entry_dimension.journal_entry_key is 'The posted line: fact_journal_entries.';
comment on column mart.bridge_entry_dimension.dimension_number is 'Which of the numbered dimensions of the vendor''s ledger.';
comment on column mart.bridge_entry_dimension.agreement_key is 'Whose line: dim_agreement.';
comment on column mart.bridge_entry_dimension.agreement_id is 'Whose line.';
comment on column mart.bridge_entry_dimension.entry_number is 'The line''s own id at the vendor.';
comment on column mart.bridge_entry_dimension.date is 'The date of the line.';
comment on column mart.bridge_entry_dimension.dimension_member_key is 'What it has there: dim_dimension_member.';
grant select on mart.dim_dimension_member, mart.bridge_entry_dimension to powerbi;
