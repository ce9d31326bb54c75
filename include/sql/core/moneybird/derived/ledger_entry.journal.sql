-- grain: one line of a voucher of the general journal
-- reads: core.journal_document, core.journal_document_line, core.account
-- writes: core.ledger_entry
-- sign and currency: debit positive, base currency; what is posted on a customer's or a supplier's account stays open
select
    l.document_number || '|' || l.line_id as entry_number,
    l.document_number as voucher_number,
    coalesce(d.kind, 'journal_document') as entry_type,
    'journal_entry' as event_type,
    false as is_opening,
    false as is_carried_forward,
    false as is_booked_invoice,
    d.date,
    l.account_number,
    case when a.role = 'debtors' then l.contact_number end as customer_number,
    case when a.role = 'creditors' then l.contact_number end as supplier_number,
    l.project_number,
    null as vat_code,
    coalesce(l.description, d.reference) as text,
    null as currency,
    l.amount_base as amount,
    l.amount_base,
    null::date as due_date,
    case when a.role in ('debtors', 'creditors') and l.contact_number is not null then l.amount_base end as remainder,
    null as invoice_number
from core.journal_document_line as l
inner join core.journal_document as d
    on d.agreement_id = l.agreement_id
    and d.document_number = l.document_number
    and not d.is_deleted
left join core.account as a
    on a.agreement_id = l.agreement_id
    and a.account_number = l.account_number
where l.agreement_id = %(agreement_id)s
    and not l.is_deleted
    and l.amount_base <> 0
