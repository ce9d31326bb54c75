-- grain: one line of a journal that is not posted yet
-- reads: core.draft_entry (all of it: drafts are few), core.journal, core.account, core.agreement, core.key_map
-- writes: core.key_map, mart.fact_draft_entries
-- sign and currency: debit positive; amount_base by the line's rate per 100, rounded once, half away from zero
insert into core.key_map (agreement_id, kind, source_key)
select
    e.agreement_id,
    'draft_entry' as kind,
    e.draft_number as source_key
from core.draft_entry as e
left join core.key_map as k
    on k.agreement_id = e.agreement_id
    and k.kind = 'draft_entry'
    and k.source_key = e.draft_number
where e.agreement_id = %(agreement_id)s
    and not e.is_deleted
    and k.key is null;

with final as (
    select
        k.key as draft_entry_key,
        %(agreement_key)s as agreement_key,
        e.agreement_id as agreement_id,
        e.draft_number as draft_number,
        e.journal_number as journal_number,
        j.name as journal_name,
        e.voucher_number as voucher_number,
        e.entry_type as entry_type,
        case e.entry_type
            when 'manual_debtor_invoice' then 'sales_invoice'
            when 'supplier_invoice' then 'supplier_invoice'
            when 'customer_payment' then 'payment'
            when 'supplier_payment' then 'payment'
            when 'finance_voucher' then 'journal_entry'
        end as event_type,
        e.date as date,
        to_char(e.date, 'yyyymmdd')::integer as date_key,
        coalesce(ka.key, case when e.account_number is null then -3 else -1 end) as account_key,
        e.account_number as account_number,
        a.name as account_name,
        coalesce(ko.key, case when e.contra_account_number is null then -3 else -1 end) as contra_account_key,
        e.contra_account_number as contra_account_number,
        coalesce(kc.key, case when e.customer_number is null then -3 else -1 end) as customer_key,
        coalesce(ks.key, case when e.supplier_number is null then -3 else -1 end) as supplier_key,
        coalesce(kp.key, case when e.project_number is null then -3 else -1 end) as project_key,
        coalesce(kt.key, case when e.vat_code is null then -3 else -1 end) as vat_key,
        e.vat_code as vat_code,
        e.text as text,
        coalesce(e.currency, g.base_currency) as currency,
        e.amount as amount,
        g.base_currency as base_currency,
        case
            when coalesce(e.currency, g.base_currency) = g.base_currency then e.amount
            else round(e.amount * e.exchange_rate / 100, 2)
        end as amount_base,
        e.due_date as due_date,
        e.invoice_number as invoice_number
    from core.draft_entry as e
    inner join core.agreement as g on g.agreement_id = e.agreement_id
    inner join core.key_map as k
        on k.agreement_id = e.agreement_id
        and k.kind = 'draft_entry'
        and k.source_key = e.draft_number
    -- Left joins: what is given but not (yet) known is the unknown member.
    left join core.journal as j
        on j.agreement_id = e.agreement_id
        and j.journal_number = e.journal_number
    left join core.account as a
        on a.agreement_id = e.agreement_id
        and a.account_number = e.account_number
    left join core.key_map as ka
        on ka.agreement_id = e.agreement_id
        and ka.kind = 'account'
        and ka.source_key = e.account_number
    left join core.key_map as ko
        on ko.agreement_id = e.agreement_id
        and ko.kind = 'account'
        and ko.source_key = e.contra_account_number
    left join core.key_map as kc
        on kc.agreement_id = e.agreement_id
        and kc.kind = 'customer'
        and kc.source_key = e.customer_number
    left join core.key_map as ks
        on ks.agreement_id = e.agreement_id
        and ks.kind = 'supplier'
        and ks.source_key = e.supplier_number
    left join core.key_map as kt
        on kt.agreement_id = e.agreement_id
        and kt.kind = 'vat'
        and kt.source_key = e.vat_code
    left join core.key_map as kp
        on kp.agreement_id = e.agreement_id
        and kp.kind = 'project'
        and kp.source_key = e.project_number
    where e.agreement_id = %(agreement_id)s
        and not e.is_deleted
),

upserted as (
    insert into mart.fact_draft_entries as t (
        draft_entry_key, agreement_key, agreement_id, draft_number, journal_number, journal_name,
        voucher_number, entry_type, event_type, date, date_key, account_key, account_number,
        account_name, contra_account_key, contra_account_number, customer_key, supplier_key,
        project_key, vat_key, vat_code, text, currency, amount, base_currency, amount_base,
        due_date, invoice_number
    )
    select
        draft_entry_key, agreement_key, agreement_id, draft_number, journal_number, journal_name,
        voucher_number, entry_type, event_type, date, date_key, account_key, account_number,
        account_name, contra_account_key, contra_account_number, customer_key, supplier_key,
        project_key, vat_key, vat_code, text, currency, amount, base_currency, amount_base,
        due_date, invoice_number
    from final
    on conflict (draft_entry_key) do update set
        agreement_key = excluded.agreement_key,
        agreement_id = excluded.agreement_id,
        draft_number = excluded.draft_number,
        journal_number = excluded.journal_number,
        journal_name = excluded.journal_name,
        voucher_number = excluded.voucher_number,
        entry_type = excluded.entry_type,
        event_type = excluded.event_type,
        date = excluded.date,
        date_key = excluded.date_key,
        account_key = excluded.account_key,
        account_number = excluded.account_number,
        account_name = excluded.account_name,
        contra_account_key = excluded.contra_account_key,
        contra_account_number = excluded.contra_account_number,
        customer_key = excluded.customer_key,
        supplier_key = excluded.supplier_key,
        project_key = excluded.project_key,
        vat_key = excluded.vat_key,
        vat_code = excluded.vat_code,
        text = excluded.text,
        currency = excluded.currency,
        amount = excluded.amount,
        base_currency = excluded.base_currency,
        amount_base = excluded.amount_base,
        due_date = excluded.due_date,
        invoice_number = excluded.invoice_number
    where (
        t.agreement_key, t.agreement_id, t.draft_number, t.journal_number, t.journal_name,
        t.voucher_number, t.entry_type, t.event_type, t.date, t.date_key, t.account_key,
        t.account_number, t.account_name, t.contra_account_key, t.contra_account_number,
        t.customer_key, t.supplier_key, t.project_key, t.vat_key, t.vat_code, t.text, t.currency,
        t.amount, t.base_currency, t.amount_base, t.due_date, t.invoice_number
    ) is distinct from (
        excluded.agreement_key, excluded.agreement_id, excluded.draft_number,
        excluded.journal_number, excluded.journal_name, excluded.voucher_number,
        excluded.entry_type, excluded.event_type, excluded.date, excluded.date_key,
        excluded.account_key, excluded.account_number, excluded.account_name,
        excluded.contra_account_key, excluded.contra_account_number, excluded.customer_key,
        excluded.supplier_key, excluded.project_key, excluded.vat_key, excluded.vat_code,
        excluded.text, excluded.currency, excluded.amount, excluded.base_currency,
        excluded.amount_base, excluded.due_date, excluded.invoice_number
    )
    returning (t.xmax = 0) as is_new
),

deleted as (
    delete from mart.fact_draft_entries as t
    where t.agreement_id = %(agreement_id)s
        and not exists (select 1 from final as f where f.draft_entry_key = t.draft_entry_key)
    returning 1
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    (select count(*) from deleted) as deleted;
