-- grain: one file that waits for its books
-- reads: ops.watermark
-- writes: nothing
-- sign and currency: no amounts
select
    coalesce(s.cursor #>> array['seen', 'files', w.key, 'name'], w.key) as name,
    (w.value ->> 'since')::timestamptz as since
from ops.watermark as m
cross join lateral jsonb_each(m.cursor) as w
left join ops.watermark as s
    on s.subject_kind = 'file'
    and s.subject_id = m.subject_id
    and s.entity = 'files'
where m.subject_kind = 'file'
    and m.subject_id = %(id)s
    and m.entity = 'waiting'
order by since, name
limit %(most)s;
