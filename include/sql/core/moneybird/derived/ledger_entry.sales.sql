-- grain: one posting of an invoice: a line of it, its tax, what the customer owes
-- reads: core.invoice, core.invoice_line, core.invoice_payment, core.account, core.agreement
-- writes: core.ledger_entry
-- sign and currency: debit positive; amount in the invoice's currency, amount_base in base
-- Every line on its account without tax; on the customer's account what the invoice comes to; the difference is its tax.
with place as (
    select
        coalesce(max(a.account_number) filter (where a.role = 'debtors'), 'debtors') as debtors,
        coalesce(max(a.account_number) filter (where a.role = 'output_tax'), max(a.account_number) filter (where a.role = 'tax'), 'output_tax') as output_tax
    from core.account as a
    where a.agreement_id = %(agreement_id)s
        and a.role is not null
        and not a.is_deleted
),

paid as (
    select
        p.invoice_number,
        sum(p.amount) as amount
    from core.invoice_payment as p
    where p.agreement_id = %(agreement_id)s
        and not p.is_deleted
    group by p.invoice_number
),

line as (
    select
        l.invoice_number,
        l.line_id,
        l.account_number,
        l.project_number,
        l.vat_code,
        l.description,
        l.net_amount as amount,
        coalesce(
            l.net_amount_base,
            round(l.net_amount * i.net_amount_base / nullif(i.net_amount, 0), 2),
            round(l.net_amount * i.gross_amount_base / nullif(i.gross_amount, 0), 2),
            case when coalesce(i.currency, g.base_currency) = g.base_currency or l.net_amount = 0 then l.net_amount end
        ) as amount_base
    from core.invoice_line as l
    inner join core.invoice as i
        on i.agreement_id = l.agreement_id
        and i.invoice_number = l.invoice_number
    inner join core.agreement as g on g.agreement_id = l.agreement_id
    where l.agreement_id = %(agreement_id)s
        and not l.is_deleted
        and l.net_amount is not null
),

document as (
    select
        i.invoice_number,
        i.document_number,
        i.date,
        i.due_date,
        i.customer_number,
        i.currency,
        i.gross_amount,
        i.gross_amount_base,
        s.amount as lines_amount,
        s.amount_base as lines_amount_base,
        coalesce(p.amount, 0) as paid_amount
    from core.invoice as i
    inner join (
        select
            l.invoice_number,
            sum(l.amount) as amount,
            sum(l.amount_base) as amount_base
        from line as l
        group by l.invoice_number
    ) as s on s.invoice_number = i.invoice_number
    left join paid as p on p.invoice_number = i.invoice_number
    where i.agreement_id = %(agreement_id)s
        and not i.is_deleted
        and i.gross_amount_base is not null
),

posting as (
    select
        l.invoice_number,
        l.line_id as part,
        coalesce(l.account_number, 'none') as account_number,
        null as customer_number,
        l.project_number,
        l.vat_code,
        l.description as text,
        -l.amount as amount,
        -l.amount_base as amount_base,
        null::date as due_date,
        null::numeric as remainder
    from line as l
    union all
    select
        d.invoice_number,
        'tax' as part,
        p.output_tax as account_number,
        null as customer_number,
        null as project_number,
        null as vat_code,
        null as text,
        d.lines_amount - d.gross_amount as amount,
        d.lines_amount_base - d.gross_amount_base as amount_base,
        null as due_date,
        null as remainder
    from document as d
    cross join place as p
    union all
    select
        d.invoice_number,
        'debtors' as part,
        p.debtors as account_number,
        d.customer_number,
        null as project_number,
        null as vat_code,
        d.invoice_number as text,
        d.gross_amount as amount,
        d.gross_amount_base as amount_base,
        d.due_date,
        d.gross_amount - d.paid_amount as remainder
    from document as d
    cross join place as p
)

select
    d.document_number || '|' || o.part as entry_number,
    d.document_number as voucher_number,
    'sales_invoice' as entry_type,
    'sales_invoice' as event_type,
    false as is_opening,
    false as is_carried_forward,
    true as is_booked_invoice,
    d.date,
    o.account_number,
    o.customer_number,
    null as supplier_number,
    o.project_number,
    o.vat_code,
    o.text,
    d.currency,
    o.amount,
    o.amount_base,
    o.due_date,
    o.remainder,
    d.invoice_number
from posting as o
inner join document as d on d.invoice_number = o.invoice_number
where o.amount <> 0
    or o.amount_base <> 0
