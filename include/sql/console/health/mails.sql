-- Mails about alerts that wait or were refused, then the last ones that went; only those about nothing but what may be seen.
select
    m.mail_id,
    m.subject,
    m.recipients,
    m.written_at,
    m.attempts,
    m.next_attempt_at,
    m.delivered,
    m.refused,
    m.done_at,
    m.last_error
from ops.alert_mail as m
where (m.done_at is null or m.written_at >= %(since)s)
    and m.alert_ids <> '{}'
    and not exists (
        select
        from unnest(m.alert_ids) as named (alert_id)
        where not exists (
            select
            from ops.alert as a
            inner join unnest(%(kinds)s::text[], %(ids)s::text[]) as mine (kind, id)
                on mine.kind = a.subject_kind and mine.id = a.subject_id
            where a.alert_id = named.alert_id
        )
    )
order by
    m.done_at is not null,
    m.refused = '{}'::jsonb,
    m.mail_id desc
limit 20
