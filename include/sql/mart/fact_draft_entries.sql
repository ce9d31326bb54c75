-- grain: one line of a journal that is not posted yet
-- reads: core.draft_entry (all of it: drafts are few), core.journal, core.account, core.agreement
-- writes: core.key_map, mart.fact_draft_entries
-- sign and currency: debit positive; amount_base by the line's rate per 100, rounded once, half away from zero
-- key order: draft_number
-- kind: contra_account_key = 'account'
select
    e.draft_number as draft_entry_key,
    e.draft_number,
    e.journal_number,
    j.name as journal_name,
    e.voucher_number,
    e.entry_type,
    e.event_type,
    e.date,
    mart.date_key(e.date) as date_key,
    e.account_number as account_key,
    coalesce(a.code, e.account_number) as account_number,
    a.name as account_name,
    e.contra_account_number as contra_account_key,
    e.contra_account_number,
    e.customer_number as customer_key,
    e.supplier_number as supplier_key,
    e.project_number as project_key,
    e.vat_code as vat_key,
    e.vat_code,
    e.text,
    coalesce(e.currency, g.base_currency) as currency,
    e.amount,
    g.base_currency,
    case
        when coalesce(e.currency, g.base_currency) = g.base_currency then e.amount
        else round(e.amount * e.exchange_rate / 100, 2)
    end as amount_base,
    e.due_date,
    e.invoice_number
from core.draft_entry as e
inner join core.agreement as g on g.agreement_id = e.agreement_id
-- Left joins: a name that is not (yet) known is none.
left join core.journal as j
    on j.agreement_id = e.agreement_id
    and j.journal_number = e.journal_number
left join core.account as a
    on a.agreement_id = e.agreement_id
    and a.account_number = e.account_number
where e.agreement_id = %(agreement_id)s
    and not e.is_deleted
