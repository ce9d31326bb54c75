-- grain: one account, heading or sum of a chart of accounts
-- reads: staging.economic_accounts
-- writes: core.account
-- sign and currency: none
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_accounts as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'accountNumber' as account_number,
        c.payload ->> 'name' as name,
        -- camelCase to snake_case
        lower(regexp_replace(c.payload ->> 'accountType', '([A-Z])', '_\1', 'g')) as account_type,
        case c.payload ->> 'accountType'
            when 'status' then true
            when 'profitAndLoss' then false
        end as is_balance_sheet,
        (c.payload ->> 'accountNumber')::bigint as sort_key,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.account as t (
    agreement_id, account_number, name, account_type, is_balance_sheet, sort_key, is_deleted,
    change_seq
)
select
    agreement_id, account_number, name, account_type, is_balance_sheet, sort_key, is_deleted,
    %(change_seq)s
from final
on conflict (agreement_id, account_number) do update set
    name = excluded.name,
    account_type = excluded.account_type,
    is_balance_sheet = excluded.is_balance_sheet,
    sort_key = excluded.sort_key,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (t.name, t.account_type, t.is_balance_sheet, t.sort_key, t.is_deleted)
    is distinct from (
        excluded.name, excluded.account_type, excluded.is_balance_sheet, excluded.sort_key,
        excluded.is_deleted
    );
