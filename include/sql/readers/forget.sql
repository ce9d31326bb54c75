-- Who has no file any more reads nothing. Who has a broken one keeps what it was, unless another file takes its name.
with said as (
    select
        r.reader_id,
        r.user_name,
        r.login
    from jsonb_to_recordset(%(readers)s) as r (reader_id text, user_name text, login text)
)

delete from ops.reader as o
where not exists (select from said as s where s.reader_id = o.reader_id)
    and (
        o.reader_id <> all(%(broken)s)
        or exists (select from said as s where s.user_name = o.user_name or s.login = o.login)
    )
