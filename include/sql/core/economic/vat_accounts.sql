-- grain: one VAT code
-- reads: staging.economic_vat_accounts
-- writes: core.vat
-- sign and currency: rate in percent
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_vat_accounts as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'vatCode' as vat_code,
        c.payload ->> 'name' as name,
        (c.payload ->> 'ratePercentage')::numeric(18, 8) as rate_percent,
        c.payload -> 'vatType' ->> 'vatTypeNumber' as vat_type_number,
        c.payload -> 'account' ->> 'accountNumber' as account_number,
        c.payload -> 'contraAccount' ->> 'accountNumber' as contra_account_number,
        coalesce((c.payload ->> 'barred')::boolean, false) as is_barred,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.vat as t (
    agreement_id, vat_code, name, rate_percent, vat_type_number, account_number,
    contra_account_number, is_barred, is_deleted, change_seq
)
select
    agreement_id, vat_code, name, rate_percent, vat_type_number, account_number,
    contra_account_number, is_barred, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, vat_code) do update set
    name = excluded.name,
    rate_percent = excluded.rate_percent,
    vat_type_number = excluded.vat_type_number,
    account_number = excluded.account_number,
    contra_account_number = excluded.contra_account_number,
    is_barred = excluded.is_barred,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.name, t.rate_percent, t.vat_type_number, t.account_number, t.contra_account_number,
    t.is_barred, t.is_deleted
) is distinct from (
    excluded.name, excluded.rate_percent, excluded.vat_type_number, excluded.account_number,
    excluded.contra_account_number, excluded.is_barred, excluded.is_deleted
);
