-- core.budget of the agreements and scenarios that a file says something about, or said until now.
create temporary table wanted_budget on commit drop as
with touched as (
    select distinct
        s.agreement_id,
        s.scenario
    from staging.file_budget as s
    where s.file_id = %(file_id)s
        and s.version = any(%(versions)s)
),

staged as (
    select
        s.agreement_id,
        s.scenario,
        s.account_number,
        s.department,
        s.month,
        s.amount,
        f.sign,
        s.account_name,
        s.config_id,
        s.file_id,
        s.version,
        f.name as source_file,
        s.sheet,
        s.cell,
        s.row_number,
        (coalesce(f.modified_at, f.read_at), f.file_id) as age
    from touched as t
    inner join staging.file_budget as s
        on s.agreement_id = t.agreement_id
        and s.scenario = t.scenario
    inner join ops.file as f
        on f.file_id = s.file_id
        and f.version = s.version
        and f.is_in_force
),

span as (
    select distinct
        s.agreement_id,
        s.scenario,
        s.month,
        s.department,
        s.file_id,
        s.age
    from staged as s
),

-- Files of one scenario and month that share a department are rivals: the newest counts, as a whole.
beaten as (
    select distinct
        s.agreement_id,
        s.scenario,
        s.month,
        s.file_id
    from span as s
    inner join span as n
        on n.agreement_id = s.agreement_id
        and n.scenario = s.scenario
        and n.month = s.month
        and n.department = s.department
        and n.age > s.age
)

select
    s.agreement_id,
    s.scenario,
    s.account_number,
    s.department,
    s.month,
    s.amount,
    s.sign,
    s.account_name,
    s.config_id,
    s.file_id,
    s.version,
    s.source_file,
    s.sheet,
    s.cell,
    s.row_number
from staged as s
left join beaten as b
    on b.agreement_id = s.agreement_id
    and b.scenario = s.scenario
    and b.month = s.month
    and b.file_id = s.file_id
where b.file_id is null
;
analyze wanted_budget
;
with touched as (
    select distinct
        s.agreement_id,
        s.scenario
    from staging.file_budget as s
    where s.file_id = %(file_id)s
        and s.version = any(%(versions)s)
)

update core.budget as b
set is_deleted = true, change_seq = %(change_seq)s
from touched as t
where b.agreement_id = t.agreement_id
    and b.scenario = t.scenario
    and not b.is_deleted
    and not exists (
        select
        from wanted_budget as w
        where w.agreement_id = b.agreement_id
            and w.scenario = b.scenario
            and w.month = b.month
            and w.account_number = b.account_number
            and w.department = b.department
    )
;
insert into core.budget as b (
    agreement_id, scenario, account_number, department, month, amount, sign, account_name, config_id, file_id, version,
    source_file, sheet, cell, row_number, is_deleted, change_seq
)
select
    w.*,
    false as is_deleted,
    %(change_seq)s as change_seq
from wanted_budget as w
on conflict (agreement_id, scenario, month, account_number, department) do update set
    amount = excluded.amount,
    sign = excluded.sign,
    account_name = excluded.account_name,
    config_id = excluded.config_id,
    file_id = excluded.file_id,
    version = excluded.version,
    source_file = excluded.source_file,
    sheet = excluded.sheet,
    cell = excluded.cell,
    row_number = excluded.row_number,
    is_deleted = false,
    change_seq = excluded.change_seq
where row(
        b.amount, b.sign, b.account_name, b.file_id, b.version, b.source_file, b.sheet, b.cell, b.row_number, b.is_deleted
    ) is distinct from row(
        excluded.amount, excluded.sign, excluded.account_name, excluded.file_id, excluded.version, excluded.source_file,
        excluded.sheet, excluded.cell, excluded.row_number, false
    )
;
drop table wanted_budget
