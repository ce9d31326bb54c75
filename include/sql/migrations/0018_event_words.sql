-- What happened, in words that are no vendor's: made where a vendor's records come into core.

alter table core.ledger_entry
    add column event_type text,
    add column is_opening boolean,
    add column is_carried_forward boolean,
    add column is_booked_invoice boolean;
alter table core.draft_entry
    add column event_type text;

-- The words e-conomic's types stand for: the only vendor so far.
with words (entry_type, event_type) as (
    values
        ('customer_invoice', 'sales_invoice'),
        ('manual_debtor_invoice', 'sales_invoice'),
        ('supplier_invoice', 'supplier_invoice'),
        ('customer_payment', 'payment'),
        ('supplier_payment', 'payment'),
        ('finance_voucher', 'journal_entry'),
        ('reminder', 'reminder'),
        ('opening_entry', 'opening_balance'),
        ('transferred_opening_entry', 'opening_balance'),
        ('system_entry', 'system')
),

drafts as (
    update core.draft_entry as d
    set event_type = w.event_type
    from words as w
    where w.entry_type = d.entry_type
)

update core.ledger_entry as e
set event_type = w.event_type,
    is_opening = w.event_type = 'opening_balance',
    is_carried_forward = e.entry_type = 'transferred_opening_entry',
    is_booked_invoice = e.entry_type = 'customer_invoice'
from words as w
where w.entry_type = e.entry_type;

alter table core.ledger_entry
    alter column event_type set not null,
    alter column is_opening set not null,
    alter column is_carried_forward set not null,
    alter column is_booked_invoice set not null;
alter table core.draft_entry
    alter column event_type set not null;

-- Few of the lines, and asked for by themselves.
create index ledger_entry_carried_forward on core.ledger_entry (agreement_id, entry_number)
where is_carried_forward;
create index ledger_entry_booked_invoice on core.ledger_entry (agreement_id, invoice_number)
where is_booked_invoice;
drop index mart.fact_journal_entries_agreement_id_invoice_number_idx;

comment on column core.ledger_entry.entry_type is 'The vendor''s type in snake_case.';
comment on column core.ledger_entry.event_type is
    'sales_invoice, supplier_invoice, payment, journal_entry, reminder, opening_balance, system or other.';
comment on column core.ledger_entry.is_opening is 'What an account begins with: no movement of its month.';
comment on column core.ledger_entry.is_carried_forward is
    'An opening that restates what older lines come to, at the start of an accounting year.';
comment on column core.ledger_entry.is_booked_invoice is
    'Posted by a sales invoice: invoice_number is that of core.invoice.';
comment on column core.draft_entry.entry_type is 'The vendor''s type in snake_case.';
comment on column core.draft_entry.event_type is 'As core.ledger_entry has it.';
