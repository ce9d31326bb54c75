-- grain: one posting of a purchase invoice or a receipt: a line of it, its tax, what is owed to the supplier
-- reads: core.purchase_document, core.purchase_document_line, core.purchase_document_payment, core.purchase_document_allocation, core.account, core.agreement
-- writes: core.ledger_entry
-- sign and currency: debit positive; amount in the document's currency, amount_base in base
-- Every line on its account without tax; on the supplier's account what the document comes to; the difference is its tax.
-- What is private is on the private account, with its tax. A new document, one without lines and one that the vendor has not worked out yet are not posted.
-- Nobody's rate is made up: without amounts in base currency and without a rate a document in another one is set aside.
with place as (
    select
        coalesce(max(a.account_number) filter (where a.role = 'creditors'), 'creditors') as creditors,
        coalesce(max(a.account_number) filter (where a.role = 'input_tax'), max(a.account_number) filter (where a.role = 'tax'), 'input_tax') as input_tax
    from core.account as a
    where a.agreement_id = %(agreement_id)s
        and a.role is not null
        and not a.is_deleted
),

-- What of each document is paid, in its own currency.
paid as (
    select
        p.document_number,
        sum(p.amount) as amount
    from core.purchase_document_payment as p
    where p.agreement_id = %(agreement_id)s
        and not p.is_deleted
    group by p.document_number
),

line as (
    select
        l.document_number,
        l.line_id,
        l.account_number,
        l.project_number,
        l.vat_code,
        l.description,
        l.net_amount as amount,
        coalesce(
            l.net_amount_base,
            round(
                l.net_amount * coalesce(
                    d.exchange_rate,
                    d.gross_amount_base / nullif(d.gross_amount, 0),
                    case when coalesce(d.currency, g.base_currency) = g.base_currency then 1 end
                ),
                2
            )
        ) as amount_base
    from core.purchase_document_line as l
    inner join core.purchase_document as d
        on d.agreement_id = l.agreement_id
        and d.document_number = l.document_number
    inner join core.agreement as g on g.agreement_id = l.agreement_id
    where l.agreement_id = %(agreement_id)s
        and not l.is_deleted
        and l.net_amount is not null
),

document as (
    select
        d.document_number,
        d.kind,
        d.date,
        d.due_date,
        d.supplier_number,
        d.reference,
        d.currency,
        d.gross_amount,
        coalesce(
            d.gross_amount_base,
            round(
                d.gross_amount * coalesce(
                    d.exchange_rate, case when coalesce(d.currency, g.base_currency) = g.base_currency then 1 end
                ),
                2
            )
        ) as gross_amount_base,
        s.amount + coalesce(d.private_amount, 0) as lines_amount,
        s.amount_base + case when d.private_amount is null then 0 else d.private_amount_base end as lines_amount_base,
        d.private_amount is not null as is_partly_private,
        coalesce(p.amount, 0) as paid_amount
    from core.purchase_document as d
    inner join core.agreement as g on g.agreement_id = d.agreement_id
    inner join (
        select
            l.document_number,
            sum(l.amount) as amount,
            sum(l.amount_base) as amount_base
        from line as l
        group by l.document_number
    ) as s on s.document_number = d.document_number
    left join paid as p on p.document_number = d.document_number
    where d.agreement_id = %(agreement_id)s
        and not d.is_deleted
        and d.state <> 'new'
        and d.date is not null
        and d.gross_amount is not null
),

posting as (
    select
        l.document_number,
        l.line_id as part,
        coalesce(l.account_number, 'none') as account_number,
        null as supplier_number,
        l.project_number,
        l.vat_code,
        l.description as text,
        l.amount,
        l.amount_base,
        null::date as due_date,
        null::numeric as remainder
    from line as l
    union all
    select
        a.document_number,
        a.allocation_id as part,
        coalesce(a.account_number, 'none') as account_number,
        null as supplier_number,
        null as project_number,
        null as vat_code,
        null as text,
        a.amount,
        a.amount_base,
        null as due_date,
        null as remainder
    from core.purchase_document_allocation as a
    inner join document as d
        on d.document_number = a.document_number
        and d.is_partly_private
    where a.agreement_id = %(agreement_id)s
        and not a.is_deleted
    union all
    select
        d.document_number,
        'tax' as part,
        p.input_tax as account_number,
        null as supplier_number,
        null as project_number,
        null as vat_code,
        null as text,
        d.gross_amount - d.lines_amount as amount,
        d.gross_amount_base - d.lines_amount_base as amount_base,
        null as due_date,
        null as remainder
    from document as d
    cross join place as p
    union all
    select
        d.document_number,
        'creditors' as part,
        p.creditors as account_number,
        d.supplier_number,
        null as project_number,
        null as vat_code,
        d.reference as text,
        -d.gross_amount as amount,
        -d.gross_amount_base as amount_base,
        d.due_date,
        d.paid_amount - d.gross_amount as remainder
    from document as d
    cross join place as p
)

select
    o.document_number || '|' || o.part as entry_number,
    o.document_number as voucher_number,
    d.kind as entry_type,
    'supplier_invoice' as event_type,
    false as is_opening,
    false as is_carried_forward,
    false as is_booked_invoice,
    d.date,
    o.account_number,
    null as customer_number,
    o.supplier_number,
    o.project_number,
    o.vat_code,
    o.text,
    d.currency,
    o.amount,
    o.amount_base,
    o.due_date,
    o.remainder,
    d.reference as invoice_number
from posting as o
inner join document as d on d.document_number = o.document_number
where o.amount <> 0
    or o.amount_base <> 0
