-- grain: one line of a voucher of the general journal
-- reads: staging.moneybird_general_journal_documents, core.journal_document_line
-- writes: core.journal_document_line
-- sign and currency: debit positive, base currency
select
    c.source_key as document_number,
    e.part ->> 'id' as line_id,
    (e.part ->> 'row_order')::integer as line_number,
    e.part ->> 'ledger_account_id' as account_number,
    e.part ->> 'contact_id' as contact_number,
    e.part ->> 'project_id' as project_number,
    nullif(e.part ->> 'description', '') as description,
    coalesce((e.part ->> 'debit')::numeric(19, 4), 0) - coalesce((e.part ->> 'credit')::numeric(19, 4), 0) as amount_base,
    false as is_deleted
from changed as c
cross join lateral jsonb_array_elements(case jsonb_typeof(c.payload -> 'general_journal_document_entries') when 'array' then c.payload -> 'general_journal_document_entries' else '[]' end) as e (part)
where not c.is_deleted
union all
-- What a record no longer has.
select
    t.document_number,
    t.line_id,
    t.line_number,
    t.account_number,
    t.contact_number,
    t.project_number,
    t.description,
    t.amount_base,
    true as is_deleted
from changed as c
inner join core.journal_document_line as t
    on t.agreement_id = %(agreement_id)s
    and t.document_number = c.source_key
where not t.is_deleted
    and (c.is_deleted or t.line_id not in (
        select e.part ->> 'id'
        from jsonb_array_elements(case jsonb_typeof(c.payload -> 'general_journal_document_entries') when 'array' then c.payload -> 'general_journal_document_entries' else '[]' end) as e (part)
    ))
