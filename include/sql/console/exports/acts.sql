-- Who decided what about an export, the newest first.
select
    a.at,
    a.actor,
    a.action,
    a.detail
from ops.audit as a
where a.detail ? 'export_id'
    and a.detail ->> 'export_id' = %(export_id)s
order by a.at desc
limit 50
