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
