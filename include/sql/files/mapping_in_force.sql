-- core.account_mapping of the agreements that a file says something about, or said until now.
create temporary table wanted_mapping on commit drop as
with touched as (
    select distinct s.agreement_id
    from staging.file_account_mapping as s
    where s.file_id = %(file_id)s
        and s.version = any(%(versions)s)
)

select
    s.agreement_id,
    s.low,
    s.high,
    s.group_account_number,
    s.group_account_name,
    s.report_line,
    s.config_id,
    s.file_id,
    s.version,
    s.sheet,
    s.cell
from touched as t
inner join staging.file_account_mapping as s on s.agreement_id = t.agreement_id
inner join ops.file as f
    on f.file_id = s.file_id
    and f.version = s.version
    and f.is_in_force
;
with touched as (
    select distinct s.agreement_id
    from staging.file_account_mapping as s
    where s.file_id = %(file_id)s
        and s.version = any(%(versions)s)
)

update core.account_mapping as m
set is_deleted = true, change_seq = %(change_seq)s
from touched as t
where m.agreement_id = t.agreement_id
    and not m.is_deleted
    and not exists (
        select
        from wanted_mapping as w
        where w.agreement_id = m.agreement_id
            and w.low = m.low
            and w.high = m.high
    )
;
insert into core.account_mapping as m (
    agreement_id, low, high, group_account_number, group_account_name, report_line, config_id, file_id, version, sheet,
    cell, is_deleted, change_seq
)
select
    w.*,
    false as is_deleted,
    %(change_seq)s as change_seq
from wanted_mapping as w
on conflict (agreement_id, low, high) do update set
    group_account_number = excluded.group_account_number,
    group_account_name = excluded.group_account_name,
    report_line = excluded.report_line,
    config_id = excluded.config_id,
    file_id = excluded.file_id,
    version = excluded.version,
    sheet = excluded.sheet,
    cell = excluded.cell,
    is_deleted = false,
    change_seq = excluded.change_seq
where row(
        m.group_account_number, m.group_account_name, m.report_line, m.file_id, m.version, m.sheet, m.cell, m.is_deleted
    ) is distinct from row(
        excluded.group_account_number, excluded.group_account_name, excluded.report_line, excluded.file_id,
        excluded.version, excluded.sheet, excluded.cell, false
    )
;
drop table wanted_mapping
