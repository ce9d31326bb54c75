-- Where balances by month differ, the row of the year was added to those of its months: twice what differs.

create or replace view mart.sync_status as
with data as (
    select
        r.agreement_id,
        max(r.finished_at) as as_of
    from ops.ledger_run as r
    group by r.agreement_id
),

proven as (
    select
        r.agreement_id,
        max(r.finished_at) as proven_at
    from ops.sync_run as r
    where r.entity = 'prove' and r.status = 'success'
    group by r.agreement_id
)

select
    a.agreement_key,
    a.agreement_id,
    a.name as agreement,
    d.as_of at time zone 'utc' as data_as_of,
    p.proven_at at time zone 'utc' as last_proven,
    case when c.difference > 1e14 then 1e14 else c.difference end::numeric(19, 4) as difference,
    greatest(l.checked_at, i.checked_at) at time zone 'utc' as last_checked
from mart.dim_agreement as a
left join data as d on d.agreement_id = a.agreement_id
left join proven as p on p.agreement_id = a.agreement_id
-- A night compares the ledger, or what is sold, or both: of each the last comparison counts.
left join lateral (
    select o.checked_at
    from ops.proof as o
    where o.agreement_id = a.agreement_id
        and o.control in ('account_year_totals', 'entry_count')
    order by o.checked_at desc
    limit 1
) as l on true
left join lateral (
    select o.checked_at
    from ops.proof as o
    where o.agreement_id = a.agreement_id
        and o.control = 'invoice_net_amount'
    order by o.checked_at desc
    limit 1
) as i on true
-- The same money is compared by year, by period and by month: the control that differs most tells.
left join lateral (
    select coalesce(max(s.difference), 0) as difference
    from (
        select sum(abs(o.difference)) as difference
        from ops.proof as o
        where o.agreement_id = a.agreement_id
            and o.checked_at = case
                when o.control like 'invoice%' or o.control = 'unpaid_remainder' then i.checked_at
                else l.checked_at
            end
            and o.control not in ('entry_count', 'invoice_count', 'customer_balances', 'set_aside')
            -- A year's sum of balances says that it was compared; its months say what differs.
            and (o.control <> 'month_balances' or o.account_number is not null)
        group by o.control
    ) as s
) as c on coalesce(l.checked_at, i.checked_at) is not null
where a.agreement_key > 0
    and a.agreement_key = any((select mart.agreements_to_read())::bigint []);
alter view mart.sync_status set (security_barrier = true);
