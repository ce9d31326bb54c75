-- core.budget of the agreements and scenarios that a file says something about, or said until now.
-- What was just copied has no statistics, and looks like a row or two: it is joined by hash, put aside and analyzed.
set local enable_nestloop = off
;
set local enable_sort = off
;
create temporary table touched_budget on commit drop as
select
    s.agreement_id,
    s.scenario
from staging.file_budget as s
where s.file_id = %(file_id)s
    and s.version = any(%(versions)s)
group by
    s.agreement_id,
    s.scenario
;
analyze touched_budget
;
create temporary table wanted_budget on commit drop as
with in_force as materialized (
    select
        f.file_id,
        f.version,
        f.sign,
        f.name as source_file,
        row_number() over (order by coalesce(f.modified_at, f.read_at), f.file_id) as age
    from ops.file as f
    where f.is_in_force
)

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
    f.source_file,
    s.sheet,
    s.cell,
    s.row_number,
    f.age
from touched_budget as t
cross join lateral (
    select b.*
    from staging.file_budget as b
    where b.agreement_id = t.agreement_id
        and b.scenario = t.scenario
    -- Of these alone, whatever else lies in the table.
    offset 0
) as s
inner join in_force as f
    on f.file_id = s.file_id
    and f.version = s.version
;
set local enable_nestloop = default
;
set local enable_sort = default
;
analyze wanted_budget
;
-- Files of one scenario and month that share a department are rivals: from the newest on, each counts as a whole that shares none
-- with one that counts.
with recursive shared as (
    select
        w.agreement_id,
        w.scenario,
        w.month
    from wanted_budget as w
    group by
        w.agreement_id,
        w.scenario,
        w.month
    having min(w.age) < max(w.age)
),

span as materialized (
    select
        w.agreement_id,
        w.scenario,
        w.month,
        w.age,
        array_agg(distinct w.department) as departments,
        row_number() over (partition by w.agreement_id, w.scenario, w.month order by w.age desc) as place
    from shared as c
    inner join wanted_budget as w
        on w.agreement_id = c.agreement_id
        and w.scenario = c.scenario
        and w.month = c.month
    group by
        w.agreement_id,
        w.scenario,
        w.month,
        w.age
),

walk as (
    select
        s.agreement_id,
        s.scenario,
        s.month,
        s.age,
        s.place,
        s.departments as taken,
        false as is_beaten
    from span as s
    where s.place = 1
    union all
    select
        s.agreement_id,
        s.scenario,
        s.month,
        s.age,
        s.place,
        case when s.departments && w.taken then w.taken else w.taken || s.departments end as taken,
        s.departments && w.taken as is_beaten
    from walk as w
    inner join span as s
        on s.agreement_id = w.agreement_id
        and s.scenario = w.scenario
        and s.month = w.month
        and s.place = w.place + 1
),

beaten as (
    select
        w.agreement_id,
        w.scenario,
        w.month,
        w.age
    from walk as w
    where w.is_beaten
)

delete from wanted_budget as w
using beaten as b
where b.agreement_id = w.agreement_id
    and b.scenario = w.scenario
    and b.month = w.month
    and b.age = w.age
;
set local enable_nestloop = off
;
create temporary table dropped_budget on commit drop as
select
    k.agreement_id,
    k.scenario,
    k.month,
    k.account_number,
    k.department
from touched_budget as t
cross join lateral (
    select b.*
    from core.budget as b
    where b.agreement_id = t.agreement_id
        and b.scenario = t.scenario
        and not b.is_deleted
    offset 0
) as k
where not exists (
    select
    from wanted_budget as w
    where w.agreement_id = k.agreement_id
        and w.scenario = k.scenario
        and w.month = k.month
        and w.account_number = k.account_number
        and w.department = k.department
)
;
set local enable_nestloop = default
;
analyze dropped_budget
;
update core.budget as b
set is_deleted = true, change_seq = %(change_seq)s
from dropped_budget as d
where b.agreement_id = d.agreement_id
    and b.scenario = d.scenario
    and b.month = d.month
    and b.account_number = d.account_number
    and b.department = d.department
;
update core.budget as b
set
    amount = w.amount,
    sign = w.sign,
    account_name = w.account_name,
    config_id = w.config_id,
    file_id = w.file_id,
    version = w.version,
    source_file = w.source_file,
    sheet = w.sheet,
    cell = w.cell,
    row_number = w.row_number,
    is_deleted = false,
    change_seq = %(change_seq)s
from wanted_budget as w
where b.agreement_id = w.agreement_id
    and b.scenario = w.scenario
    and b.month = w.month
    and b.account_number = w.account_number
    and b.department = w.department
    and row(
        b.amount, b.sign, b.account_name, b.file_id, b.version, b.source_file, b.sheet, b.cell, b.row_number,
        b.is_deleted
    ) is distinct from row(
        w.amount, w.sign, w.account_name, w.file_id, w.version, w.source_file, w.sheet, w.cell, w.row_number, false
    )
;
-- Under the lock of the agreement nobody else can insert: no conflict is looked for, which would take half as long again. By
-- hash, since a loop would meet what it has just inserted.
set local enable_nestloop = off
;
insert into core.budget (
    agreement_id, scenario, account_number, department, month, amount, sign, account_name, config_id, file_id, version,
    source_file, sheet, cell, row_number, is_deleted, change_seq
)
select
    w.agreement_id,
    w.scenario,
    w.account_number,
    w.department,
    w.month,
    w.amount,
    w.sign,
    w.account_name,
    w.config_id,
    w.file_id,
    w.version,
    w.source_file,
    w.sheet,
    w.cell,
    w.row_number,
    false as is_deleted,
    %(change_seq)s as change_seq
from wanted_budget as w
where not exists (
    select
    from touched_budget as t
    cross join lateral (
        select
            b.agreement_id,
            b.scenario,
            b.month,
            b.account_number,
            b.department
        from core.budget as b
        where b.agreement_id = t.agreement_id
            and b.scenario = t.scenario
        offset 0
    ) as k
    where k.agreement_id = w.agreement_id
        and k.scenario = w.scenario
        and k.month = w.month
        and k.account_number = w.account_number
        and k.department = w.department
)
;
set local enable_nestloop = default
;
drop table touched_budget, wanted_budget, dropped_budget
