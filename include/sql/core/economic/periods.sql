-- grain: one period of an accounting year (the vendor numbers them through all years)
-- reads: staging.economic_periods
-- writes: core.period
-- sign and currency: none
with changed as (
    select
        s.agreement_id,
        s.source_key,
        s.payload,
        s.deleted_at
    from staging.economic_periods as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.source_key as source_key,
        c.payload ->> 'year' as accounting_year,
        left(c.payload ->> 'dateFrom', 10)::date as start_date,
        left(c.payload ->> 'dateTo', 10)::date as end_date,
        coalesce((c.payload ->> 'isClosed')::boolean, false) as is_closed,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.period as t (
    agreement_id, source_key, accounting_year, start_date, end_date, is_closed, is_deleted,
    change_seq
)
select
    agreement_id, source_key, accounting_year, start_date, end_date, is_closed, is_deleted,
    %(change_seq)s
from final
on conflict (agreement_id, source_key) do update set
    accounting_year = excluded.accounting_year,
    start_date = excluded.start_date,
    end_date = excluded.end_date,
    is_closed = excluded.is_closed,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (t.accounting_year, t.start_date, t.end_date, t.is_closed, t.is_deleted)
    is distinct from (
        excluded.accounting_year, excluded.start_date, excluded.end_date, excluded.is_closed,
        excluded.is_deleted
    );
