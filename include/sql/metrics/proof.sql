-- grain: one row per watched agreement whose facts were compared: the newest comparison of its ledger and of what it sells
-- reads: ops.watched, ops.proof
-- writes: nothing
-- sign and currency: absolute differences, base currency of the agreement
with newest as (
    select
        w.subject_id as agreement_id,
        l.checked_at as ledger_at,
        i.checked_at as invoices_at
    from ops.watched as w
    left join lateral (
        select o.checked_at
        from ops.proof as o
        where o.agreement_id = w.subject_id
            and o.control in ('account_year_totals', 'entry_count')
        order by o.checked_at desc
        limit 1
    ) as l on true
    left join lateral (
        select o.checked_at
        from ops.proof as o
        where o.agreement_id = w.subject_id
            and o.control = 'invoice_net_amount'
        order by o.checked_at desc
        limit 1
    ) as i on true
    where w.subject_kind = 'agreement'
),

-- By the index of each agreement's moments: the table holds every night.
controls as (
    select
        n.agreement_id,
        o.control,
        sum(abs(o.difference)) filter (where o.is_told) as difference,
        count(*) as compared,
        -- What customers owe is reported and fails no proof: the vendor's own balance is beside its open items at times.
        count(*) filter (where not o.ok and o.is_told and o.control <> 'customer_balances') as differing
    from newest as n
    cross join lateral (
        select
            l.control,
            l.difference,
            l.ok,
            -- A year's sum of balances says that it was compared; its months say what differs.
            l.control <> 'month_balances' or l.account_number is not null as is_told
        from ops.proof as l
        where l.agreement_id = n.agreement_id
            and l.checked_at = n.ledger_at
            and l.control not like 'invoice%%'
            and l.control <> 'unpaid_remainder'
        union all
        select
            i.control,
            i.difference,
            i.ok,
            true as is_told
        from ops.proof as i
        where i.agreement_id = n.agreement_id
            and i.checked_at = n.invoices_at
            and (i.control like 'invoice%%' or i.control = 'unpaid_remainder')
    ) as o
    group by
        n.agreement_id,
        o.control
)

-- The same money is compared by year, by period and by month: the control that differs most is the difference.
select
    'agreement' as kind,
    n.agreement_id as subject,
    coalesce(max(c.difference) filter (
        where c.control not in ('entry_count', 'invoice_count', 'customer_balances', 'set_aside')
    ), 0) as difference,
    coalesce(sum(c.differing), 0) as differing,
    coalesce(sum(c.compared), 0) as compared,
    extract(epoch from greatest(n.ledger_at, n.invoices_at)) as checked_at
from newest as n
left join controls as c on c.agreement_id = n.agreement_id
where coalesce(n.ledger_at, n.invoices_at) is not null
group by
    n.agreement_id,
    n.ledger_at,
    n.invoices_at;
