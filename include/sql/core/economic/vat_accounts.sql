-- grain: one VAT code
-- reads: staging.economic_vat_accounts
-- writes: core.vat
-- sign and currency: rate in percent
select
    c.payload ->> 'vatCode' as vat_code,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'vatCode') as name,
    (c.payload ->> 'ratePercentage')::numeric as rate_percent,
    c.payload -> 'vatType' ->> 'vatTypeNumber' as vat_type_number,
    c.payload -> 'account' ->> 'accountNumber' as account_number,
    c.payload -> 'contraAccount' ->> 'accountNumber' as contra_account_number,
    coalesce((c.payload ->> 'barred')::boolean, false) as is_barred,
    c.is_deleted
from changed as c
