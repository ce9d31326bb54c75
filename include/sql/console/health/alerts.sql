-- A page of alerts, the newest first.
select
    a.alert_id,
    a.subject_kind,
    a.subject_id,
    a.task,
    a.kind,
    a.vendor,
    a.family,
    a.reason,
    a.failures,
    a.since,
    a.opened_at,
    a.closed_at,
    a.told_at,
    a.sent_at,
    a.dag_id,
    a.run_id,
    a.try_number
from ops.alert as a
where (a.subject_kind, a.subject_id) in (select * from unnest(%(kinds)s::text[], %(ids)s::text[]))
    and (%(is_open)s::boolean is null or (a.closed_at is null) = %(is_open)s)
    and (%(is_watched)s::boolean is null or %(is_watched)s = exists (
        select
        from ops.watched as w
        where w.subject_kind = a.subject_kind and w.subject_id = a.subject_id
    ))
    and (%(kind)s::text is null or a.kind = %(kind)s)
    and (%(subject_kind)s::text is null or a.subject_kind = %(subject_kind)s)
    and (%(asked)s::text is null or a.subject_id = %(asked)s or a.task = %(asked)s or a.vendor = %(asked)s)
    and (%(cause)s::text is null or md5(concat_ws(' ', a.kind, a.vendor, a.family, a.cause)) = %(cause)s)
    and (%(before)s::bigint is null or a.alert_id < %(before)s)
order by a.alert_id desc
limit %(most)s
