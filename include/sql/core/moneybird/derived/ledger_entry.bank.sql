-- grain: one side of what a bank transaction is booked on, pays of documents that are not posted, or leaves open
-- reads: core.bank_transaction, core.bank_booking, core.bank_payment, core.purchase_document, core.purchase_document_line, core.purchase_document_payment, core.invoice, core.invoice_line, core.invoice_payment, core.account, core.agreement
-- writes: core.ledger_entry
-- sign and currency: debit positive, base currency
-- What it pays of documents that are posted is posted with these. What is open waits on the vendor's own account for it; of
-- a bank account in another currency nothing is known of that in base currency, nor where a payment comes to nobody knows what.
-- What pays a document of a kind nobody knows waits there, too: as long as no document tells of it, neither side is known.
with place as (
    select
        coalesce(max(a.account_number) filter (where a.role = 'creditors'), 'creditors') as creditors,
        coalesce(max(a.account_number) filter (where a.role = 'debtors'), 'debtors') as debtors,
        coalesce(max(a.account_number) filter (where a.role = 'settled_tax'), 'settled_tax') as settled_tax,
        coalesce(max(a.account_number) filter (where a.role = 'unmatched_transactions'), 'unmatched_transactions') as unmatched_transactions
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

-- Payments that documents tell of, which are posted with these; amount: what came in.
told as (
    select
        p.payment_id,
        p.financial_mutation_number as transaction_number,
        -coalesce(
            p.amount_base,
            round(
                p.amount * coalesce(
                    d.exchange_rate,
                    d.gross_amount_base / nullif(d.gross_amount, 0),
                    case when coalesce(d.currency, g.base_currency) = g.base_currency then 1 end
                ),
                2
            )
        ) as amount_base
    from core.purchase_document_payment as p
    inner join core.agreement as g on g.agreement_id = p.agreement_id
    inner join core.purchase_document as d
        on d.agreement_id = p.agreement_id
        and d.document_number = p.document_number
        and not d.is_deleted
        and d.state <> 'new'
        and d.date is not null
        and d.gross_amount is not null
    where p.agreement_id = %(agreement_id)s
        and not p.is_deleted
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
        p.payment_id,
        p.financial_mutation_number as transaction_number,
        coalesce(
            p.amount_base,
            round(
                p.amount * coalesce(
                    i.gross_amount_base / nullif(i.gross_amount, 0),
                    case when coalesce(i.currency, g.base_currency) = g.base_currency then 1 end
                ),
                2
            )
        ) as amount_base
    from core.invoice_payment as p
    inner join core.agreement as g on g.agreement_id = p.agreement_id
    inner join core.invoice as i
        on i.agreement_id = p.agreement_id
        and i.invoice_number = p.invoice_number
        and not i.is_deleted
        and i.gross_amount_base is not null
    where p.agreement_id = %(agreement_id)s
        and not p.is_deleted
        and exists (
            select
            from core.invoice_line as l
            where l.agreement_id = i.agreement_id
                and l.invoice_number = i.invoice_number
                and l.net_amount is not null
                and not l.is_deleted
        )
),

-- Currencies and rates of all documents, posted or not.
document as (
    select
        'document' as kind,
        d.document_number,
        d.currency,
        coalesce(d.exchange_rate, d.gross_amount_base / nullif(d.gross_amount, 0)) as rate
    from core.purchase_document as d
    where d.agreement_id = %(agreement_id)s
    union all
    select
        'sales_invoice' as kind,
        i.document_number,
        min(i.currency) as currency,
        min(i.gross_amount_base / nullif(i.gross_amount, 0)) as rate
    from core.invoice as i
    where i.agreement_id = %(agreement_id)s
    group by i.document_number
),

-- And those that transactions alone tell of. Of a document that is not known, the currency is the bank account's.
untold as (
    select
        p.payment_id,
        p.transaction_number,
        p.document_kind,
        coalesce(
            p.amount_base,
            round(
                p.amount * coalesce(
                    d.rate,
                    case when coalesce(d.currency, b.currency, g.base_currency) = g.base_currency then 1 end
                ),
                2
            )
        ) * case
            when p.document_kind in ('sales_invoice', 'external_sales_invoice') then 1
            when p.document_kind in ('document', 'tax_return') then -1
            -- Of any other it has the sign of the transaction, however it is written.
            else sign(b.amount) * sign(p.amount)
        end as amount_base
    from core.bank_payment as p
    inner join core.agreement as g on g.agreement_id = p.agreement_id
    left join told as t on t.payment_id = p.payment_id
    left join document as d
        on d.kind = p.document_kind
        and d.document_number = p.document_number
    left join core.bank_transaction as b
        on b.agreement_id = p.agreement_id
        and b.transaction_number = p.transaction_number
    where p.agreement_id = %(agreement_id)s
        and not p.is_deleted
        and t.payment_id is null
),

used as (
    select
        b.transaction_number,
        sum(b.booked) as booked,
        -- Unknown as a whole where one of them is.
        case when count(b.paid) = count(*) then sum(b.paid) end as paid
    from (
        select
            k.transaction_number,
            k.amount_base as booked,
            0 as paid
        from core.bank_booking as k
        where k.agreement_id = %(agreement_id)s
            and not k.is_deleted
        union all
        select
            t.transaction_number,
            0 as booked,
            t.amount_base as paid
        from told as t
        union all
        select
            u.transaction_number,
            0 as booked,
            u.amount_base as paid
        from untold as u
    ) as b
    group by b.transaction_number
),

transaction as (
    select
        t.transaction_number,
        t.date,
        coalesce(t.text, t.contra_name) as text,
        coalesce(b.account_number, t.financial_account_number, 'none') as bank_account_number,
        -- Whether bookings of money that went out are written as positive: what the vendor says is open tells, where it is
        -- known what was paid.
        case
            when t.amount < 0 and u.booked > 0 and u.paid is null then null
            when t.amount < 0
                and t.amount - coalesce(u.booked, 0) - coalesce(u.paid, 0) <> t.open_amount
                and t.amount + coalesce(u.booked, 0) - coalesce(u.paid, 0) = t.open_amount
            then -1
            else 1
        end as booked_sign,
        case
            when coalesce(t.currency, g.base_currency) = g.base_currency then t.amount
        end as amount,
        coalesce(u.booked, 0) as booked,
        case when u.transaction_number is null then 0 else u.paid end as paid
    from core.bank_transaction as t
    inner join core.agreement as g on g.agreement_id = t.agreement_id
    left join bank as b on b.financial_account_number = t.financial_account_number
    left join used as u on u.transaction_number = t.transaction_number
    where t.agreement_id = %(agreement_id)s
        and not t.is_deleted
),

-- The other sides; amount: what came in.
part as (
    select
        k.transaction_number,
        k.booking_id as part,
        k.account_number,
        k.project_number,
        k.text,
        k.amount_base * t.booked_sign as amount_base
    from core.bank_booking as k
    inner join transaction as t on t.transaction_number = k.transaction_number
    where k.agreement_id = %(agreement_id)s
        and not k.is_deleted
    union all
    select
        u.transaction_number,
        u.payment_id as part,
        case
            when u.document_kind in ('sales_invoice', 'external_sales_invoice') then c.debtors
            when u.document_kind = 'tax_return' then c.settled_tax
            when u.document_kind = 'document' then c.creditors
            else c.unmatched_transactions
        end as account_number,
        null as project_number,
        null as text,
        u.amount_base
    from untold as u
    cross join place as c
    union all
    select
        t.transaction_number,
        'open' as part,
        c.unmatched_transactions as account_number,
        null as project_number,
        null as text,
        t.amount - t.booked * t.booked_sign - t.paid as amount_base
    from transaction as t
    cross join place as c
    where t.amount - t.booked * t.booked_sign - t.paid <> 0
),

posting as (
    select
        p.transaction_number,
        p.part,
        p.account_number,
        p.project_number,
        p.text,
        -p.amount_base as amount_base
    from part as p
    where p.amount_base is distinct from 0
    union all
    select
        t.transaction_number,
        'bank' as part,
        t.bank_account_number as account_number,
        null as project_number,
        null as text,
        s.amount_base
    from transaction as t
    inner join (
        select
            p.transaction_number,
            sum(p.amount_base) as amount_base
        from part as p
        group by p.transaction_number
    ) as s on s.transaction_number = t.transaction_number
    where s.amount_base <> 0
)

select
    o.transaction_number || '|' || o.part as entry_number,
    o.transaction_number as voucher_number,
    'bank_transaction' as entry_type,
    'payment' as event_type,
    false as is_opening,
    false as is_carried_forward,
    false as is_booked_invoice,
    t.date,
    o.account_number,
    null as customer_number,
    null as supplier_number,
    o.project_number,
    null as vat_code,
    coalesce(o.text, t.text) as text,
    null as currency,
    o.amount_base as amount,
    o.amount_base,
    null::date as due_date,
    null::numeric as remainder,
    null as invoice_number
from posting as o
inner join transaction as t on t.transaction_number = o.transaction_number
