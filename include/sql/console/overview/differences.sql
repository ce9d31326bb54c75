-- grain: one row per agreement asked for whose facts were ever compared: by how much they differ from the vendor's totals
-- reads: ops.proof
-- writes: nothing
-- sign and currency: base currency of the agreement, absolute; as mart.sync_status has it
with asked as (
    select u.id
    from unnest(%(ids)s::text[]) as u (id)
),

-- A night compares the ledger, or what is sold, or both: of each the last comparison counts.
compared as materialized (
    select
        a.id,
        (
            select max(o.checked_at)
            from ops.proof as o
            where o.agreement_id = a.id
                and o.control in ('account_year_totals', 'entry_count')
        ) as ledger_at,
        (
            select max(o.checked_at)
            from ops.proof as o
            where o.agreement_id = a.id
                and o.control = 'invoice_net_amount'
        ) as invoices_at
    from asked as a
),

-- The same money is compared by year, by period and by month: the control that differs most tells.
controls as (
    select
        c.id,
        o.control,
        sum(abs(o.difference)) as difference,
        -- That one is reported and fails no proof.
        count(*) filter (where not o.ok and o.control <> 'customer_balances') as bad
    from compared as c
    inner join ops.proof as o
        on o.agreement_id = c.id
        and o.checked_at = case
            when o.control like 'invoice%%' or o.control = 'unpaid_remainder' then c.invoices_at
            else c.ledger_at
        end
        -- A year's sum of balances says that it was compared; its months say what differs.
        and (o.control <> 'month_balances' or o.account_number is not null)
    group by c.id, o.control
)

select
    c.id,
    coalesce(
        max(c.difference) filter (
            where c.control not in ('entry_count', 'invoice_count', 'customer_balances', 'set_aside')
        ), 0
    )::numeric(19, 4) as difference,
    sum(c.bad)::bigint as bad
from controls as c
group by c.id;
