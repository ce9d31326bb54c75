-- grain: one side of a payment of a document that is posted, and of the difference that a fully paid one leaves in base currency
-- reads: core.purchase_document_payment, core.invoice_payment, core.purchase_document, core.purchase_document_line, core.invoice, core.invoice_line, core.bank_transaction, core.account, core.agreement
-- writes: core.ledger_entry
-- sign and currency: debit positive; amount in the document's currency, amount_base in base
-- The other side of one that came over the bank is the bank's own account; of all others the account the vendor names,
-- which is where payments wait that no bank transaction belongs to yet, or what they were settled with.
with place as (
    select
        coalesce(max(a.account_number) filter (where a.role = 'creditors'), 'creditors') as creditors,
        coalesce(max(a.account_number) filter (where a.role = 'debtors'), 'debtors') as debtors,
        coalesce(max(a.account_number) filter (where a.role = 'exchange_difference'), 'exchange_difference') as exchange_difference,
        coalesce(max(a.account_number) filter (where a.role = 'unmatched_paid'), 'unmatched_paid') as unmatched_paid,
        coalesce(max(a.account_number) filter (where a.role = 'unmatched_received'), 'unmatched_received') as unmatched_received
    from core.account as a
    where a.agreement_id = %(agreement_id)s
        and a.role is not null
        and not a.is_deleted
),

bank as (
    select
        a.financial_account_number,
        min(a.account_number) as account_number
    from core.account as a
    where a.agreement_id = %(agreement_id)s
        and a.financial_account_number is not null
        and not a.is_deleted
    group by a.financial_account_number
),

-- Documents and what their payments come to; owed: positive is an asset.
document as (
    select
        'purchase' as side,
        d.document_number as id,
        d.document_number,
        d.reference as invoice_number,
        d.currency,
        -d.gross_amount as owed,
        -coalesce(
            d.gross_amount_base,
            round(
                d.gross_amount * coalesce(
                    d.exchange_rate, case when coalesce(d.currency, g.base_currency) = g.base_currency then 1 end
                ),
                2
            )
        ) as owed_base,
        coalesce(
            d.exchange_rate,
            d.gross_amount_base / nullif(d.gross_amount, 0),
            case when coalesce(d.currency, g.base_currency) = g.base_currency then 1 end
        ) as rate,
        null as customer_number,
        d.supplier_number
    from core.purchase_document as d
    inner join core.agreement as g on g.agreement_id = d.agreement_id
    where d.agreement_id = %(agreement_id)s
        and not d.is_deleted
        and d.state <> 'new'
        and d.date is not null
        and d.gross_amount is not null
        and exists (
            select
            from core.purchase_document_line as l
            where l.agreement_id = d.agreement_id
                and l.document_number = d.document_number
                and l.net_amount is not null
                and not l.is_deleted
        )
    union all
    select
        'sale' as side,
        i.invoice_number as id,
        i.document_number,
        i.invoice_number,
        i.currency,
        i.gross_amount as owed,
        i.gross_amount_base as owed_base,
        coalesce(
            i.gross_amount_base / nullif(i.gross_amount, 0),
            case when coalesce(i.currency, g.base_currency) = g.base_currency then 1 end
        ) as rate,
        i.customer_number,
        null as supplier_number
    from core.invoice as i
    inner join core.agreement as g on g.agreement_id = i.agreement_id
    where i.agreement_id = %(agreement_id)s
        and not i.is_deleted
        and i.gross_amount_base is not null
        and exists (
            select
            from core.invoice_line as l
            where l.agreement_id = i.agreement_id
                and l.invoice_number = i.invoice_number
                and l.net_amount is not null
                and not l.is_deleted
        )
),

-- amount: on the account of the supplier or the customer.
payment as (
    select
        'purchase' as side,
        p.document_number as id,
        p.payment_id,
        p.date,
        p.amount,
        p.amount_base,
        p.account_number,
        p.financial_account_number,
        p.financial_mutation_number
    from core.purchase_document_payment as p
    where p.agreement_id = %(agreement_id)s
        and not p.is_deleted
    union all
    select
        'sale' as side,
        p.invoice_number as id,
        p.payment_id,
        p.date,
        -p.amount as amount,
        -p.amount_base as amount_base,
        p.account_number,
        p.financial_account_number,
        p.financial_mutation_number
    from core.invoice_payment as p
    where p.agreement_id = %(agreement_id)s
        and not p.is_deleted
),

paid as (
    select
        p.side,
        p.id,
        p.payment_id,
        p.date,
        p.amount,
        coalesce(p.amount_base, round(p.amount * d.rate, 2)) as amount_base,
        case
            when p.financial_mutation_number is not null then coalesce(m.account_number, b.account_number)
        end as bank_account_number,
        coalesce(
            p.account_number,
            b.account_number,
            case p.side when 'purchase' then c.unmatched_paid else c.unmatched_received end
        ) as other_account_number
    from payment as p
    cross join place as c
    inner join document as d
        on d.side = p.side
        and d.id = p.id
    left join core.bank_transaction as t
        on t.agreement_id = %(agreement_id)s
        and t.transaction_number = p.financial_mutation_number
    left join bank as m on m.financial_account_number = t.financial_account_number
    left join bank as b on b.financial_account_number = p.financial_account_number
),

-- What is left of a document in a foreign currency that is paid to the last cent of it.
difference as (
    select
        d.side,
        d.id,
        max(p.date) as date,
        d.owed_base + sum(p.amount_base) as amount_base
    from document as d
    inner join paid as p
        on p.side = d.side
        and p.id = d.id
    inner join core.agreement as g on g.agreement_id = %(agreement_id)s
    where d.currency <> g.base_currency
    group by
        d.side,
        d.id,
        d.owed,
        d.owed_base
    having d.owed + sum(p.amount) = 0
        and d.owed_base + sum(p.amount_base) <> 0
),

posting as (
    select
        p.side,
        p.id,
        p.payment_id as voucher,
        'party' as part,
        p.date,
        case p.side when 'purchase' then c.creditors else c.debtors end as account_number,
        true as is_partys,
        d.currency,
        p.amount,
        p.amount_base
    from paid as p
    cross join place as c
    inner join document as d
        on d.side = p.side
        and d.id = p.id
    union all
    select
        p.side,
        p.id,
        p.payment_id as voucher,
        'money' as part,
        p.date,
        coalesce(p.bank_account_number, p.other_account_number) as account_number,
        false as is_partys,
        d.currency,
        -p.amount as amount,
        -p.amount_base as amount_base
    from paid as p
    inner join document as d
        on d.side = p.side
        and d.id = p.id
    union all
    select
        f.side,
        f.id,
        d.document_number || '|exchange' as voucher,
        'party' as part,
        f.date,
        case f.side when 'purchase' then c.creditors else c.debtors end as account_number,
        true as is_partys,
        null as currency,
        -f.amount_base as amount,
        -f.amount_base
    from difference as f
    cross join place as c
    inner join document as d
        on d.side = f.side
        and d.id = f.id
    union all
    select
        f.side,
        f.id,
        d.document_number || '|exchange' as voucher,
        'difference' as part,
        f.date,
        c.exchange_difference as account_number,
        false as is_partys,
        null as currency,
        f.amount_base as amount,
        f.amount_base
    from difference as f
    cross join place as c
    inner join document as d
        on d.side = f.side
        and d.id = f.id
)

select
    o.voucher || '|' || o.part as entry_number,
    o.voucher as voucher_number,
    case o.side when 'purchase' then 'supplier_payment' else 'customer_payment' end as entry_type,
    'payment' as event_type,
    false as is_opening,
    false as is_carried_forward,
    false as is_booked_invoice,
    o.date,
    o.account_number,
    case when o.is_partys then d.customer_number end as customer_number,
    case when o.is_partys then d.supplier_number end as supplier_number,
    null as project_number,
    null as vat_code,
    d.invoice_number as text,
    o.currency,
    o.amount,
    o.amount_base,
    null::date as due_date,
    case when o.is_partys then 0::numeric end as remainder,
    d.invoice_number
from posting as o
inner join document as d
    on d.side = o.side
    and d.id = o.id
