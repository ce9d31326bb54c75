-- A record is set aside whole: none of its tables shows its new state.
comment on table ops.set_aside is
    'Records with a value that cannot be stored: core keeps the state it held last, if any, in all of its tables. Values of facts that do not fit (entity: the table), which are left empty, or their row left out where they may not be. And vouchers made of documents that cannot be stored. All are tried again when the vendor changes them, and in full runs.';
comment on column ops.set_aside.field is
    'The field, as the vendor writes it; the column of core where several make it; where several do not fit, all of them, with commas: of facts, the columns of the row.';
comment on column ops.set_aside.value is 'Its value; empty where it has none; of several fields, all of them in their order.';

-- A period that no calendar has is no reason any more: what it set aside is typed anew.
delete from ops.progress as p
using ops.set_aside as a
where p.consumer = 'core'
    and p.agreement_id = a.agreement_id
    and p.source = a.entity
    and a.entity in ('purchase_invoices', 'receipts');

-- Sums of postings that can be stored are as large as they are; rows of the table stay as they are written.
alter table core.account_month
    alter column opening_base type numeric,
    alter column transferred_base type numeric,
    alter column movement_base type numeric;

-- What they set aside, balances by the number of their account: the facts of these agreements are made again.
delete from ops.progress
where consumer = 'mart'
    and source = 'ledger_entry'
    and agreement_id in (
        select a.agreement_id
        from ops.set_aside as a
        where a.entity in ('core.account_month', 'mart.fact_account_balance_month')
    );
delete from ops.set_aside where entity in ('core.account_month', 'mart.fact_account_balance_month');
