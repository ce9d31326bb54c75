-- grain: one accounting year
-- reads: staging.economic_accounting_years
-- writes: core.accounting_year
-- sign and currency: none
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_accounting_years as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'year' as accounting_year,
        left(c.payload ->> 'fromDate', 10)::date as start_date,
        left(c.payload ->> 'toDate', 10)::date as end_date,
        coalesce((c.payload ->> 'closed')::boolean, false) as is_closed,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.accounting_year as t (
    agreement_id, accounting_year, start_date, end_date, is_closed, is_deleted, change_seq
)
select
    agreement_id, accounting_year, start_date, end_date, is_closed, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, accounting_year) do update set
    start_date = excluded.start_date,
    end_date = excluded.end_date,
    is_closed = excluded.is_closed,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (t.start_date, t.end_date, t.is_closed, t.is_deleted)
    is distinct from (
        excluded.start_date, excluded.end_date, excluded.is_closed, excluded.is_deleted
    );
