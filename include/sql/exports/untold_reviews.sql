-- grain: one row per export of an organisation that waits for a person's word, and that no mail tells of for this reason
-- reads: ops.export_job, ops.expense, ops.alert_mail
-- writes: nothing
-- sign and currency: the total is what is paid, in the expense's currency
select
    j.export_id,
    j.source_id,
    j.revision,
    j.kind,
    coalesce(e.employee, e.supplier, '') as payee,
    coalesce(e.description, '') as description,
    j.total,
    coalesce(j.currency, '') as currency,
    coalesce(j.last_error, '') as reason,
    -- The same export with another reason is told of again.
    j.export_id || '/' || left(md5(coalesce(j.last_error, '')), 8) as reference
from ops.export_job as j
left join ops.expense as e
    on e.organisation = j.organisation
    and e.expense_id = j.source_id
    and e.revision = j.revision
where j.organisation = %(organisation)s
    and j.status = 'review'
    and not exists (
        select from ops.alert_mail as m
        -- Its subject, so that the texts of all other mails are not read for each export.
        where starts_with(m.subject, 'Saldo: ' || j.organisation || ':')
            and strpos(m.body_text, j.export_id || '/' || left(md5(coalesce(j.last_error, '')), 8)) > 0
    )
order by j.created_at, j.export_id
limit %(most)s;
