-- grain: one tax rule, by its code, at the rate that was set last
-- reads: staging.xledger_tax_rules, core.vat
-- writes: core.vat
-- sign and currency: rate in percent
-- A code may have been another record's before: those that no record has any more are looked at again, too.
with affected as (
    select c.payload -> 'objectValue' ->> 'code' as code
    from changed as c
    where btrim(c.payload -> 'objectValue' ->> 'code') <> ''
    union
    select t.vat_code as code
    from core.vat as t
    where t.agreement_id = %(agreement_id)s
        and not t.is_deleted
        and not exists (
            select
            from records as r
            where not r.is_deleted
                and r.payload -> 'objectValue' ->> 'code' = t.vat_code
        )
)

(
    select distinct on (s.payload -> 'objectValue' ->> 'code')
        s.payload -> 'objectValue' ->> 'code' as vat_code,
        coalesce(
            nullif(btrim(s.payload -> 'objectValue' ->> 'description'), ''), s.payload -> 'objectValue' ->> 'code'
        ) as name,
        (s.payload ->> 'taxPercent')::numeric as rate_percent,
        s.payload -> 'account' ->> 'code' as account_number,
        false as is_barred,
        s.is_deleted as is_deleted
    from records as s
    inner join affected as c on c.code = s.payload -> 'objectValue' ->> 'code'
    order by
        s.payload -> 'objectValue' ->> 'code',
        s.is_deleted,
        s.payload ->> 'dateFrom' desc nulls last,
        s.source_key::numeric desc
)
union all
-- A code that no record has, not even a deleted one.
select
    t.vat_code,
    t.name,
    t.rate_percent,
    t.account_number,
    t.is_barred,
    true as is_deleted
from core.vat as t
where t.agreement_id = %(agreement_id)s
    and t.vat_code not in (select r.payload -> 'objectValue' ->> 'code' from records as r where r.payload -> 'objectValue' ->> 'code' is not null)
