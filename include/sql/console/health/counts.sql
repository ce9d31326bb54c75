-- Open alerts of each kind of subject. off: of what is switched off, of which nobody judges any more whether it is well again; as in
-- metrics/alerts.sql they are in no other count.
select
    a.subject_kind as kind,
    count(w.subject_id) as alerts,
    count(distinct w.subject_id) as subjects,
    count(*) - count(w.subject_id) as off
from ops.alert as a
left join ops.watched as w
    on w.subject_kind = a.subject_kind
    and w.subject_id = a.subject_id
where a.closed_at is null
    and (a.subject_kind, a.subject_id) in (select * from unnest(%(kinds)s::text[], %(ids)s::text[]))
group by a.subject_kind
order by a.subject_kind
