-- A claim that people correct where it is exported stays corrected when the same comes again as it was sent. docs/expenses.md

alter table ops.expense add column sent_hash text;
comment on column ops.expense.sent_hash is
    'Of a revision that people made here by correcting lines: the payload_hash of what was sent, whose coming again changes nothing; NULL '
    'of what was sent.';

with recursive made as (
    select
        e.organisation,
        e.expense_id,
        e.revision,
        j.revision as of_revision
    from ops.expense as e
    inner join ops.export_job as j
        on j.organisation = e.organisation
        and j.source_id = e.expense_id
        and j.revision < e.revision
        and j.kind in ('expense', 'honorarium')
        and j.status = 'cancelled'
        and starts_with(j.last_error, 'revision ' || e.revision || ', edited by ')
),

-- What was corrected may have been corrected before.
traced as (
    select
        m.organisation,
        m.expense_id,
        m.revision,
        m.of_revision
    from made as m
    union all
    select
        t.organisation,
        t.expense_id,
        t.revision,
        m.of_revision
    from traced as t
    inner join made as m
        on m.organisation = t.organisation
        and m.expense_id = t.expense_id
        and m.revision = t.of_revision
),

sent as (
    select
        t.organisation,
        t.expense_id,
        t.revision,
        min(t.of_revision) as of_revision
    from traced as t
    group by
        t.organisation,
        t.expense_id,
        t.revision
)

update ops.expense as e
set sent_hash = o.payload_hash
from sent as s
inner join ops.expense as o
    on o.organisation = s.organisation
    and o.expense_id = s.expense_id
    and o.revision = s.of_revision
where e.organisation = s.organisation
    and e.expense_id = s.expense_id
    and e.revision = s.revision;
