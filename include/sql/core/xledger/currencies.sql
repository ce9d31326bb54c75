-- grain: one currency
-- reads: staging.xledger_currencies, core.currency
-- writes: core.currency
-- sign and currency: none
-- A code may have been another record's before: those that no record has any more are looked at again, too.
with affected as (
    select c.payload ->> 'code' as code
    from changed as c
    union
    select t.code as code
    from core.currency as t
    where t.agreement_id = %(agreement_id)s
        and not t.is_deleted
        and not exists (
            select
            from records as r
            where not r.is_deleted
                and r.payload ->> 'code' = t.code
        )
)

(
    select distinct on (s.payload ->> 'code')
        s.payload ->> 'code' as code,
        coalesce(nullif(btrim(s.payload ->> 'description'), ''), s.payload ->> 'code') as name,
        s.is_deleted as is_deleted
    from records as s
    inner join affected as c on c.code = s.payload ->> 'code'
    order by
        s.payload ->> 'code',
        s.is_deleted,
        s.source_key::numeric
)
union all
-- A code that no record has, not even a deleted one.
select
    t.code,
    t.name,
    true as is_deleted
from core.currency as t
where t.agreement_id = %(agreement_id)s
    and t.code not in (select r.payload ->> 'code' from records as r where r.payload ->> 'code' is not null)
