-- Open alerts of each kind of subject.
select
    a.subject_kind as kind,
    count(*) as alerts,
    count(distinct a.subject_id) as subjects
from ops.alert as a
where a.closed_at is null
    and (a.subject_kind, a.subject_id) in (select * from unnest(%(kinds)s::text[], %(ids)s::text[]))
group by a.subject_kind
order by a.subject_kind
