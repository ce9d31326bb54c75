-- grain: one account in one accounting year or period, as the vendor sums it up
-- reads: staging.economic_account_totals
-- writes: core.account_total
-- sign and currency: debit positive, base currency
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_account_totals as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload -> 'account' ->> 'accountNumber' as account_number,
        left(c.payload ->> 'fromDate', 10)::date as start_date,
        left(c.payload ->> 'toDate', 10)::date as end_date,
        (c.payload ->> 'totalInBaseCurrency')::numeric(19, 4) as total_base,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.account_total as t (
    agreement_id, account_number, start_date, end_date, total_base, is_deleted, change_seq
)
select
    agreement_id, account_number, start_date, end_date, total_base, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, account_number, start_date, end_date) do update set
    total_base = excluded.total_base,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (t.total_base, t.is_deleted) is distinct from (excluded.total_base, excluded.is_deleted);
