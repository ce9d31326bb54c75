-- Control totals as the vendor tells them, and what reports see of proof.

create table core.account_total (
    agreement_id text not null,
    account_number text not null,
    start_date date not null,
    end_date date not null,
    total_base numeric(19, 4) not null,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, account_number, start_date, end_date)
);
comment on table core.account_total is
    'What an account came to in an accounting year or period, as the vendor sums it up. Debit positive.';

create table core.invoice_total (
    agreement_id text not null,
    totals_of text not null,
    net_amount_base numeric(19, 4) not null,
    invoice_count integer not null,
    remainder_base numeric(19, 4),
    first_date date,
    last_date date,
    is_deleted boolean not null,
    change_seq bigint not null,
    primary key (agreement_id, totals_of)
);
comment on table core.invoice_total is
    'What the booked invoices, and of them the paid and the unpaid, come to, as the vendor sums them up.';

-- The newest comparison of each total, looked up every night.
create index proof_by_total on ops.proof (
    agreement_id, control, entity, account_number, period, checked_at desc
);
comment on column ops.proof.control is
    'Which comparison: account_year_totals, account_period_totals, entry_count, month_balances, invoice_net_amount, invoice_count, unpaid_remainder, customer_balances.';
comment on column ops.proof.entity is 'The entity or fact the compared value is of.';
comment on column ops.proof.period is
    'Accounting year, with P and the number within it for a period, or the first day of a month; NULL: all.';
comment on column ops.proof.account_number is
    'The account, or of customer_balances the customer; NULL: all.';
comment on column ops.proof.warehouse_value is 'What the facts come to. Debit positive, base currency.';
comment on column ops.proof.difference is 'warehouse_value - vendor_value.';

-- data_as_of as before. A run has proven the books when all it compared agreed; where the last one found a
-- difference, the time of the last that agreed stays, beside what differs now.
create or replace view mart.sync_status as
with data as (
    select
        f.agreement_id,
        max(f.finished_at) as as_of
    from ops.sync_run as f
    inner join ops.sync_run as e
        on e.agreement_id = f.agreement_id
        and e.run_id = f.run_id
        and e.entity = 'entries'
        and e.status = 'success'
        and e.mode <> 'window'
        and e.finished_at <= f.finished_at
    where f.entity = 'facts' and f.status = 'success'
    group by f.agreement_id
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
    c.difference::numeric(19, 4) as difference,
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
            and o.control not in ('entry_count', 'invoice_count', 'customer_balances')
        group by o.control
    ) as s
) as c on coalesce(l.checked_at, i.checked_at) is not null
where a.agreement_key > 0;

comment on column mart.sync_status.last_proven is
    'UTC; when all that was compared with the vendor''s own totals last agreed; NULL when never.';
comment on column mart.sync_status.difference is
    'Absolute differences to the vendor''s totals at the last comparison, base currency; 0 when none, NULL when never compared.';
comment on column mart.sync_status.last_checked is
    'UTC; when the facts were last compared with the vendor''s own totals.';
