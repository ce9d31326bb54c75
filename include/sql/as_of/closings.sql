-- A period that was opened again is closed anew. One whose name fits no key is asked for by nobody.
with closed as (
    select
        p.accounting_year,
        p.period,
        p.start_date,
        p.end_date
    from mart.dim_period as p
    where p.agreement_key = %(agreement_key)s
        and p.is_closed
        and octet_length(p.accounting_year) <= 2500
        and p.start_date is not null
),

reopened as (
    delete from ops.period_closing as o
    where o.agreement_id = %(agreement_id)s
        and (o.accounting_year, o.period) not in (select c.accounting_year, c.period from closed as c)
)

insert into ops.period_closing (agreement_id, accounting_year, period, start_date, end_date, closed_at)
select
    %(agreement_id)s,
    c.accounting_year,
    c.period,
    c.start_date,
    c.end_date,
    clock_timestamp()
from closed as c
on conflict do nothing
