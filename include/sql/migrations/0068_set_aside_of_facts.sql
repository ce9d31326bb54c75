-- Of facts, rows without a value they must have and texts too long for an index are set aside, too; all of a row together.
comment on table ops.set_aside is
    'Records with a value that cannot be stored: core keeps the state it held last, if any. Values of facts that do not fit (entity: the table), which are left empty, or their row left out where they may not be. And vouchers made of documents that cannot be stored. All are tried again when the vendor changes them, and in full runs.';
comment on column ops.set_aside.field is
    'The field, as the vendor writes it; the column of core where several make it; of facts, all columns of the row that do not fit, with commas.';
comment on column ops.set_aside.value is 'Its value; empty where it has none; of facts, of all these columns in their order.';
