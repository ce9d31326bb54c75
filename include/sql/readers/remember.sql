insert into ops.reader as o (reader_id, user_name, login, all_agreements, personal)
select
    r.reader_id,
    r.user_name,
    r.login,
    r.all_agreements,
    r.personal
from jsonb_to_recordset(%(readers)s) as r (
    reader_id text, user_name text, login text, all_agreements boolean, personal boolean
)
on conflict (reader_id) do update set
    user_name = excluded.user_name,
    login = excluded.login,
    all_agreements = excluded.all_agreements,
    personal = excluded.personal
where row(o.user_name, o.login, o.all_agreements, o.personal)
    is distinct from row(excluded.user_name, excluded.login, excluded.all_agreements, excluded.personal)
