-- Lists of exports begin with what waits for a person, at a cost that does not follow how many were ever made.

alter table ops.export_job
add column place smallint not null generated always as (
    case
        when status = 'review' then 0
        when status = 'failed' then 1
        when status in ('unknown', 'sending') then 2
        when status = 'pending' then 3
        when status = 'created' then 4
        else 5
    end
) stored;
create index export_job_listed on ops.export_job (organisation, place, created_at desc, export_id desc) include (status, kind);
create index export_job_companies on ops.export_job (organisation, company) where company is not null;
create index export_job_by_key on ops.export_job (document_key) where document_key is not null;
create index export_job_by_reference on ops.export_job (external_reference) where external_reference is not null;
create index expense_by_payee on ops.expense (organisation, coalesce(employee, supplier));
create index audit_of_export on ops.audit ((detail ->> 'export_id'), at desc) where detail ? 'export_id';
comment on column ops.export_job.place is
    'In lists: 0 review, 1 failed, 2 unknown and sending, 3 pending, 4 created, 5 posted and cancelled.';
create index export_job_by_state on ops.export_job (organisation, target, status, created_at);
