-- grain: the administration behind an agreement
-- reads: staging.moneybird_administrations
-- writes: core.agreement
-- sign and currency: names the base currency of the agreement
select
    'moneybird' as vendor,
    c.source_key as agreement_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.source_key) as company_name,
    coalesce(nullif(btrim(c.payload ->> 'currency'), ''), 'EUR') as base_currency,
    core.country_code(c.payload ->> 'country') as country,
    date_trunc('year', (c.payload ->> 'period_start_date')::date)::date as books_start,
    (c.payload ->> 'period_locked_until')::date as locked_until
from changed as c
where not c.is_deleted
